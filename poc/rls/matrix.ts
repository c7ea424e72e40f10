import postgres, { type Sql, type TransactionSql } from 'postgres'
import type { Bench, Org } from './setup.ts'
import { STATEMENTS, type Statement } from './statements.ts'

/** What a statement came to: how many rows it reached, or the code it was refused with. */
export type Outcome = { rows: number } | { refused: string }

/** A state of the connection in which nothing of the other org may be reached. */
export interface Situation {
  name: string
  run(bench: Bench, client: Sql, statement: Statement): Promise<Outcome>
}

export interface Result {
  statements: number
  /** Statements that ended with one of the errors that say no. */
  refused: number
  /** Names of statements that reached a foreign row, or ended in a way that is not understood. */
  leaks: string[]
}

/** Row-level security, a missing key under the caller's own org, and nothing else. */
const REFUSALS = ['42501', '23503']

export const setOrg = (tx: TransactionSql | Sql, value: string) =>
  tx`SELECT set_config('app.current_org_id', ${value}, true)`

/** Leaves the transaction by a rollback, on purpose. */
class Rollback extends Error {}

async function attempt(tx: TransactionSql, statement: Statement, target: Org, own: Org): Promise<Outcome> {
  const [text, values] = statement.text(target, own)
  return { rows: (await tx.unsafe(text, [...values])).count }
}

/** Runs `body` in a transaction that is committed, so that a leak would also be seen in the other org's rows. */
async function committed(client: Sql, body: (tx: TransactionSql) => Promise<Outcome>): Promise<Outcome> {
  try {
    // The outcome is wrapped: the driver awaits arrays of queries that a transaction returns.
    return (await client.begin(async (tx) => ({ outcome: await body(tx) }))).outcome
  } catch (error) {
    if (error instanceof postgres.PostgresError) return { refused: error.code }
    throw error
  }
}

const under = (value: (bench: Bench) => string | undefined): Situation['run'] => {
  return (bench, client, statement) =>
    committed(client, async (tx) => {
      const org_id = value(bench)
      if (org_id !== undefined) await setOrg(tx, org_id)
      return await attempt(tx, statement, bench.b, bench.a)
    })
}

const unset = under(() => undefined)

/** The other org uses the pooled connection first, in the way of `before`; then somebody who set nothing comes. */
const leftOver = (before: (bench: Bench, tx: TransactionSql) => Promise<void>): Situation['run'] => {
  return async (bench, client, statement) => {
    await client
      .begin(async (tx) => {
        await setOrg(tx, bench.b.org_id)
        const [row] = await tx`SELECT count(*)::int AS n FROM tasks`
        if (row?.n !== 100) throw new Error('the other org does not see its own rows')
        await before(bench, tx)
      })
      .catch((error: unknown) => {
        if (!(error instanceof Rollback) && !(error instanceof postgres.PostgresError)) throw error
      })
    return await unset(bench, client, statement)
  }
}

export const SITUATIONS: readonly Situation[] = [
  { name: 'another org is set', run: under(({ a }) => a.org_id) },
  { name: 'an org that does not exist is set', run: under(() => crypto.randomUUID()) },
  { name: 'the setting is empty', run: under(() => '') },
  { name: 'the setting was never made on this connection', run: unset },
  { name: 'left over: the other org committed', run: leftOver(async () => {}) },
  {
    name: 'left over: the other org rolled back',
    run: leftOver(async () => {
      throw new Rollback()
    }),
  },
  {
    name: 'left over: the other org ended with an error',
    run: leftOver(async (_, tx) => {
      await tx`SELECT 1 / (SELECT 0)`
    }),
  },
  {
    name: 'left over: set inside a savepoint that was rolled back',
    run: (bench, client, statement) =>
      committed(client, async (tx) => {
        await tx
          .savepoint(async (inner) => {
            await setOrg(inner, bench.b.org_id)
            throw new Rollback()
          })
          .catch((error: unknown) => {
            if (!(error instanceof Rollback)) throw error
          })
        return await attempt(tx, statement, bench.b, bench.a)
      }),
  },
  {
    name: 'left over: the other org, then one’s own on the same connection',
    run: async (bench, client, statement) => {
      await client.begin(async (tx) => {
        await setOrg(tx, bench.b.org_id)
        await tx`SELECT count(*) FROM tasks`
      })
      return await under(({ a }) => a.org_id)(bench, client, statement)
    },
  },
]

/** Runs every statement in one situation, on one pooled connection, aimed at org B. */
export async function runSituation(bench: Bench, situation: Situation): Promise<Result> {
  const client = bench.connect('poc_app')
  const result: Result = { statements: 0, refused: 0, leaks: [] }
  for (const statement of STATEMENTS) {
    const outcome = await situation.run(bench, client, statement)
    result.statements++
    if ('rows' in outcome) {
      if (outcome.rows > 0) result.leaks.push(`${statement.name}: ${outcome.rows} rows`)
    } else if (REFUSALS.includes(outcome.refused)) result.refused++
    else result.leaks.push(`${statement.name}: error ${outcome.refused}`)
  }
  await client.end()
  return result
}

/** The control: the same statements aimed at one's own rows reach them. Names those that do not. */
export async function runOwn(bench: Bench): Promise<{ statements: number; blind: string[] }> {
  const client = bench.connect('poc_app')
  const blind: string[] = []
  const statements = STATEMENTS.filter(({ foreign_only }) => !foreign_only)
  for (const statement of statements) {
    await client
      .begin(async (tx) => {
        await setOrg(tx, bench.a.org_id)
        const outcome = await attempt(tx, statement, bench.a, bench.a)
        if (!('rows' in outcome) || outcome.rows === 0) blind.push(`${statement.name}: no rows`)
        throw new Rollback()
      })
      .catch((error: unknown) => {
        if (!(error instanceof Rollback)) blind.push(`${statement.name}: ${String(error)}`)
      })
  }
  await client.end()
  return { statements: statements.length, blind }
}

/** A fingerprint of every row of an org, read past the policies. */
export async function fingerprint(bench: Bench, org: Org): Promise<string> {
  const [row] = await bench.root`
    SELECT md5(string_agg(line, E'\n' ORDER BY line)) AS hash FROM (
      SELECT o::text AS line FROM organizations o WHERE id = ${org.org_id}
      UNION ALL SELECT p::text FROM projects p WHERE org_id = ${org.org_id}
      UNION ALL SELECT t::text FROM tasks t WHERE org_id = ${org.org_id}) rows`
  return String(row?.hash)
}
