import postgres from 'postgres'
import { lintCatalogue } from './catalogue.ts'
import type { ConnectionOptions } from './connection.ts'
import { IN_WORDS } from './failures-in-words.ts'
import { SCHEMA_VERSION, schemaVersion } from './migrate.ts'

/** State of a database as somebody who operates it wants to know it. Nothing is changed. */
export type Examined =
  | { reached: false; reason: string }
  | {
      reached: true
      /** Of PostgreSQL, such as `18.4`. */
      server_version: string
      schema_version: number
      schema_needed: number
      /** Sentences about roles and policies that would not keep organizations apart. */
      unsound: string[]
      /** Mails to accounts that failed within the last week. */
      failed_mails: { count: number; last_error: string | null }
      /** How far the clock of the database is ahead of this machine's. */
      clock_ahead_ms: number
    }

const CONNECT_S = 4

/** Looks at a database as the role that the server works as. */
export async function examineDatabase(connection: ConnectionOptions, now: () => number): Promise<Examined> {
  const sql = postgres({
    ...connection,
    ssl: connection.ssl ?? false,
    max: 1,
    connect_timeout: CONNECT_S,
    onnotice: () => undefined,
  })
  try {
    const asked_at = now()
    const [row] = await sql<{ now_ms: number; version: string }[]>`
      select (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms, current_setting('server_version') as version`
    const middle = (asked_at + now()) / 2
    const schema_version = await schemaVersion(sql)
    return {
      reached: true,
      server_version: row?.version.split(' ')[0] ?? '',
      schema_version,
      schema_needed: SCHEMA_VERSION,
      unsound: await lintCatalogue(sql),
      failed_mails:
        schema_version === SCHEMA_VERSION ? await failedMails(sql) : { count: 0, last_error: null },
      clock_ahead_ms: Math.round((row?.now_ms ?? middle) - middle),
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return {
      reached: false,
      reason: IN_WORDS[code] ?? (error instanceof Error ? error.message : String(error)),
    }
  } finally {
    await sql.end({ timeout: 2 })
  }
}

async function failedMails(sql: postgres.Sql): Promise<{ count: number; last_error: string | null }> {
  const [row] = await sql<{ count: number; last_error: string | null }[]>`
    select count(*)::int as count, (array_agg(last_error order by updated_at desc))[1] as last_error
    from account_emails where status = 'failed' and updated_at > now() - interval '7 days'`
  return row ?? { count: 0, last_error: null }
}
