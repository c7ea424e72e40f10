import postgres from 'postgres'
import type { ConnectionOptions } from '../../src/db/connection.ts'

/**
 * One connection without the product's limits and scopes. `fetch_types`: false for a client that must leave no statement
 * of its own in the log of PostgreSQL; it cannot take arrays.
 */
export function plain(connection: ConnectionOptions, fetch_types = true): postgres.Sql {
  return postgres({ ...connection, ssl: false, max: 1, fetch_types, onnotice: () => undefined })
}
