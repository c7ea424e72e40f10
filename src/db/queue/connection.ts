import { createHmac } from 'node:crypto'
import pg from 'pg'
import type { ConnectionOptions } from '../connection.ts'

/** Schema of the queue's tables. */
export const QUEUE_SCHEMA = 'mc_jobs'

/** A statement that hangs must not hold its job for ever; the client gives up after the server did. */
const STATEMENT_MS = 10_000
const QUERY_MS = 12_000
const CONNECT_MS = 5_000

/**
 * The connection of the workers, as their own role. Its password is derived from that of the server's role: every node
 * that has the one has the other, and nothing more needs to be configured or stored.
 */
export function workerConnection(app: ConnectionOptions): ConnectionOptions {
  return { ...app, user: 'mc_worker', password: workerPassword(app.password) }
}

/** Empty when the server's role needs none: then PostgreSQL trusts the address. */
export function workerPassword(app_password: string): string {
  return app_password === '' ? '' : createHmac('sha256', app_password).update('mc_worker').digest('base64url')
}

/** A pool for the queue's library. `max`: connections at the most. */
export function queuePool(
  connection: ConnectionOptions,
  max: number,
  onError: (error: Error) => void,
): pg.Pool {
  const pool = new pg.Pool({
    host: connection.host,
    port: connection.port,
    database: connection.database,
    user: connection.user,
    password: connection.password,
    ssl: connection.ssl ? { rejectUnauthorized: false } : false,
    max,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: CONNECT_MS,
    ...(connection.pooled ? {} : { statement_timeout: STATEMENT_MS }),
    query_timeout: QUERY_MS,
    keepAlive: true,
    application_name: 'mission-control jobs',
  })
  // Without listeners a lost connection would be an uncaught error.
  pool.on('error', onError)
  pool.on('connect', (client) => client.on('error', onError))
  return pool
}
