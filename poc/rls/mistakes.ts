import postgres from 'postgres'
import type { Criteria } from '../lib/criteria.ts'
import { setOrg } from './matrix.ts'
import type { Bench } from './setup.ts'

/**
 * Mistakes that row-level security does not forgive. Each is expected to leak: that shows both that the mistake matters
 * and that this proof would see a leak if there were one.
 */
export async function checkMistakes(c: Criteria, bench: Bench): Promise<void> {
  const { a, b, root } = bench
  const client = bench.connect('poc_app')
  const foreign = (text: string) =>
    client.begin(async (tx) => {
      await setOrg(tx, a.org_id)
      return (await tx.unsafe(text, [b.org_id])).count
    })
  c.check(
    'M1',
    'a view that a superuser owns shows rows of the other org',
    await foreign('SELECT FROM bad_view WHERE org_id = $1'),
    { equals: 100 },
  )
  c.check(
    'M2',
    'a materialized view shows them',
    await foreign('SELECT FROM bad_materialized WHERE org_id = $1'),
    { equals: 100 },
  )
  c.check(
    'M3',
    'a SECURITY DEFINER function of a superuser shows them',
    await foreign('SELECT FROM bad_function() WHERE org_id = $1'),
    { equals: 100 },
  )

  await root`INSERT INTO bad_parent VALUES (${b.org_id}, 1)`
  c.check(
    'M4',
    'a partition that is granted to the application shows them',
    await foreign('SELECT FROM bad_partition WHERE org_id = $1'),
    { equals: 1 },
  )

  await root`INSERT INTO bad_global_key VALUES (${b.org_id}, 'secret')`
  await root`INSERT INTO bad_target VALUES (${b.org_id}, ${b.project_id})`
  const inserted = async (text: string, value: string) => {
    try {
      await client.begin(async (tx) => {
        await setOrg(tx, a.org_id)
        await tx.unsafe(text, [a.org_id, value])
      })
      return 'accepted'
    } catch (error) {
      if (error instanceof postgres.PostgresError) return `error ${error.code}`
      throw error
    }
  }
  const key = 'INSERT INTO bad_global_key VALUES ($1, $2)'
  c.check(
    'M5',
    'a key without the org tells that the other org has that value',
    await inserted(key, 'secret'),
    { equals: 'error 23505' },
  )
  c.check(
    'M6',
    '… and ON CONFLICT DO NOTHING tells it by doing nothing',
    await foreignInsert(bench, client),
    { equals: 0 },
  )
  const reference = 'INSERT INTO bad_reference VALUES ($1, $2)'
  c.check('M7', 'a reference without the org accepts a hidden row', await inserted(reference, b.project_id), {
    equals: 'accepted',
  })
  c.check('M8', '… and refuses one that does not exist', await inserted(reference, crypto.randomUUID()), {
    equals: 'error 23503',
  })

  c.check(
    'M9',
    'a setting made for the session outlives the transaction',
    await outlives(
      bench,
      async (tx) => {
        await tx`SELECT set_config('app.current_org_id', ${b.org_id}, false)`
      },
      'SELECT FROM tasks WHERE org_id = $1',
    ),
    { equals: 100 },
  )
  c.check(
    'M10',
    'a cursor WITH HOLD outlives the transaction',
    await outlives(
      bench,
      async (tx) => {
        await setOrg(tx, b.org_id)
        await tx`DECLARE held CURSOR WITH HOLD FOR SELECT * FROM tasks`
      },
      'FETCH ALL FROM held',
    ),
    { equals: 100 },
  )
  c.check(
    'M11',
    'a temporary table outlives the transaction',
    await outlives(
      bench,
      async (tx) => {
        await setOrg(tx, b.org_id)
        await tx`CREATE TEMPORARY TABLE kept AS SELECT * FROM tasks`
      },
      'SELECT FROM kept WHERE org_id = $1',
    ),
    { equals: 100 },
  )

  const owned = (forced: boolean) =>
    root.begin(async (tx) => {
      if (!forced) await tx`ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY`
      await tx`SET LOCAL ROLE poc_owner`
      return { rows: (await tx`SELECT FROM tasks`).count }
    })
  c.check('M12', 'an owner that is not forced sees all rows', (await owned(false)).rows, { equals: 200 })
  await root`ALTER TABLE tasks FORCE ROW LEVEL SECURITY`
  c.check('M13', 'the forced owner without a setting sees', (await owned(true)).rows, { equals: 0 })
  await client.end()
}

async function foreignInsert({ a }: Bench, client: postgres.Sql): Promise<number> {
  return await client.begin(async (tx) => {
    await setOrg(tx, a.org_id)
    return (await tx`INSERT INTO bad_global_key VALUES (${a.org_id}, 'secret') ON CONFLICT DO NOTHING`).count
  })
}

/** What the next user of the pooled connection, under org A, can read of what `leave` left behind. */
async function outlives(
  bench: Bench,
  leave: (tx: postgres.TransactionSql) => Promise<void>,
  text: string,
): Promise<number> {
  const client = bench.connect('poc_app')
  await client.begin(leave)
  const found = await client.unsafe(text, text.includes('$1') ? [bench.b.org_id] : [])
  await client.end()
  return found.count
}
