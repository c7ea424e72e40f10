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
    return {
      reached: true,
      server_version: row?.version.split(' ')[0] ?? '',
      schema_version: await schemaVersion(sql),
      schema_needed: SCHEMA_VERSION,
      unsound: await lintCatalogue(sql),
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
