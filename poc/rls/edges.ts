import postgres, { type Sql } from 'postgres'
import type { Criteria } from '../lib/criteria.ts'
import { setOrg } from './matrix.ts'
import type { Bench } from './setup.ts'

/** Runs `body` as the application in a transaction of org A; the value, or `error <code>`. */
async function asA(
  bench: Bench,
  client: Sql,
  body: (tx: postgres.TransactionSql) => Promise<unknown>,
): Promise<string> {
  try {
    return await client.begin(async (tx) => {
      await setOrg(tx, bench.a.org_id)
      return String(await body(tx))
    })
  } catch (error) {
    if (error instanceof postgres.PostgresError) return `error ${error.code}`
    throw error
  }
}

const count = async (tx: postgres.TransactionSql | Sql, text: string, values: string[] = []) =>
  (await tx.unsafe(text, values)).count

/** What lies beside the policies: rights, prepared plans, functions in conditions, statistics, pooled concurrency. */
export async function checkEdges(c: Criteria, bench: Bench): Promise<void> {
  const { a, b } = bench
  const client = bench.connect('poc_app')
  const refused = { equals: 'error 42501' }
  c.check(
    'R4.1',
    'the application turns row security off',
    await asA(bench, client, async (tx) => {
      await tx`SET LOCAL row_security = off`
      return await count(tx, 'SELECT id FROM tasks')
    }),
    refused,
  )
  c.check(
    'R4.2',
    'the application becomes the owner',
    await asA(bench, client, (tx) => tx`SET LOCAL ROLE poc_owner`),
    refused,
  )
  c.check(
    'R4.3',
    'the application empties a table',
    await asA(bench, client, (tx) => tx`TRUNCATE tasks`),
    refused,
  )
  c.check(
    'R4.4',
    'a setting that is no id',
    await client
      .begin(async (tx) => {
        await setOrg(tx, 'x')
        return await count(tx, 'SELECT id FROM tasks')
      })
      .catch((error: unknown) => (error instanceof postgres.PostgresError ? `error ${error.code}` : 'other')),
    { equals: 'error 22P02' },
  )
  c.check(
    'R4.5',
    'a partition that is granted to nobody, named directly',
    await asA(bench, client, (tx) => tx`SELECT FROM good_partition`),
    refused,
  )

  c.check(
    'R5.1',
    'COPY … TO: lines of the other org',
    await asA(bench, client, async (tx) => {
      const lines: string[] = []
      for await (const chunk of await tx`COPY tasks TO STDOUT`.readable()) lines.push(String(chunk))
      const text = lines.join('')
      return `${text.split('\n').filter((line) => line.startsWith(a.org_id)).length} own, ${text.split(b.org_id).length - 1} other`
    }),
    { equals: '100 own, 0 other' },
  )
  c.check('R5.2', 'rows that a talkative function in WHERE is told', await told(bench), {
    equals: '100 own, 0 other',
  })
  c.check(
    'R5.3',
    'a division by zero on a hidden row shows that it exists',
    await asA(
      bench,
      client,
      async (tx) =>
        await count(
          tx,
          `SELECT 1 FROM tasks WHERE 1 / (CASE WHEN title LIKE 'Borealis%' THEN 0 ELSE 1 END) = 1`,
        ),
    ),
    { equals: '100' },
  )
  const statistics = `SELECT FROM pg_stats WHERE schemaname = 'public' AND tablename IN ('projects', 'tasks')`
  const known = (await count(bench.root, statistics)) > 0
  c.check(
    'R5.4',
    'columns of which the statistics view shows the application common values',
    await asA(bench, client, (tx) => count(tx, statistics)),
    { equals: known ? '0' : 'there are some' },
  )
  await bench.root`INSERT INTO projects VALUES (${b.org_id}, gen_random_uuid(), 'only-there', 'x')`
  c.check(
    'R5.5',
    'keys with the org in them: a slug that only the other org has is free',
    await asA(bench, client, (tx) =>
      count(tx, `INSERT INTO projects VALUES ($1, gen_random_uuid(), 'only-there', 'x')`, [a.org_id]),
    ),
    { equals: '1' },
  )
  c.check('R5.6', 'a reference to a hidden row and to none end alike', await sameRefusal(bench, client), {
    equals: true,
  })

  c.check(
    'R6.1',
    'one prepared statement, two orgs in turn, 200 times: wrong rows',
    await inTurn(bench, client),
    { equals: 0 },
  )
  c.check(
    'R6.2',
    'pool of 4, 400 transactions of both orgs at once, a third of them failing: wrong rows',
    await pooled(bench),
    { equals: 0 },
  )
  await client.end()
}

async function told(bench: Bench): Promise<string> {
  const heard: string[] = []
  const client = bench.connect('poc_app', 1, (text) => heard.push(text))
  await asA(bench, client, (tx) => count(tx, 'SELECT id FROM tasks WHERE tell(title)'))
  await client.end()
  return `${heard.filter((text) => text.startsWith('Aurora')).length} own, ${heard.filter((text) => text.startsWith('Borealis')).length} other`
}

async function sameRefusal({ a, b }: Bench, client: Sql): Promise<boolean> {
  const refusal = async (project_id: string) => {
    try {
      await client.begin(async (tx) => {
        await setOrg(tx, a.org_id)
        await tx`INSERT INTO tasks (org_id, id, project_id, slug, title) VALUES (${a.org_id}, gen_random_uuid(), ${project_id}, 'x', 'x')`
      })
      return 'accepted'
    } catch (error) {
      if (!(error instanceof postgres.PostgresError)) throw error
      return [error.code, error.message, error.detail ?? ''].join(' ').replace(project_id, 'ID')
    }
  }
  const [hidden, none] = [await refusal(b.project_id), await refusal(crypto.randomUUID())]
  return hidden === none && hidden.startsWith('23503')
}

async function inTurn({ a, b }: Bench, client: Sql): Promise<number> {
  let wrong = 0
  for (let turn = 0; turn < 200; turn++) {
    const org = turn % 2 ? a : b
    const rows = await client.begin(async (tx) => {
      await setOrg(tx, org.org_id)
      return await tx`SELECT org_id FROM tasks`
    })
    if (rows.length !== 100 || rows.some((row) => row.org_id !== org.org_id)) wrong++
  }
  return wrong
}

async function pooled({ a, b, connect }: Bench): Promise<number> {
  const pool = connect('poc_app', 4)
  let wrong = 0
  await Promise.all(
    Array.from({ length: 400 }, async (_, at) => {
      const org = [a, b, undefined][at % 3]
      const fails = at % 7 < 2
      try {
        await pool.begin(async (tx) => {
          if (org) await setOrg(tx, org.org_id)
          const rows = await tx`SELECT org_id FROM tasks`
          if (rows.length !== (org ? 100 : 0) || rows.some((row) => row.org_id !== org?.org_id)) wrong++
          if (fails) await tx`SELECT 1 / (SELECT 0)`
        })
      } catch (error) {
        // The division by zero is meant; anything else would be a wrong result as well.
        if (!(error instanceof postgres.PostgresError) || error.code !== '22012') wrong++
      }
    }),
  )
  await pool.end()
  return wrong
}
