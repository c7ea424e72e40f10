import postgres from 'postgres'
import type { ConnectionOptions } from '../../src/db/connection.ts'

/** One connection without the product's limits and scopes. */
export function plain(connection: ConnectionOptions): postgres.Sql {
  return postgres({ ...connection, ssl: false, max: 1, onnotice: () => undefined })
}
