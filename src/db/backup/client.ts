import pg from 'pg'
import type { ConnectionOptions } from '../connection.ts'

const CONNECT_MS = 10_000

/** Begins a transaction that may take hours, reads past row-level security or is refused, and writes times in UTC. */
export async function begin(client: pg.ClientBase, mode = ''): Promise<void> {
  await client.query(`begin ${mode}`)
  await client.query(`
    set local row_security = off; set local timezone = 'UTC'; set local statement_timeout = 0;
    set local idle_in_transaction_session_timeout = 0`)
}

/** Runs `use` with one connection for hours of COPY: no limit on a statement, since its pace is that of a disk or bucket. */
export async function withClient<T>(
  connection: ConnectionOptions,
  use: (client: pg.Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = new pg.Client({
    host: connection.host,
    port: connection.port,
    database: connection.database,
    user: connection.user,
    password: connection.password,
    ssl: connection.ssl ? { rejectUnauthorized: false } : false,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    application_name: 'mission-control backup',
  })
  // A lost connection fails the statement under way; without a listener it would be an uncaught error too.
  client.on('error', () => undefined)
  const cut = () => void client.end().catch(() => undefined)
  try {
    await client.connect()
    signal?.addEventListener('abort', cut, { once: true })
    signal?.throwIfAborted()
    return await use(client)
  } finally {
    signal?.removeEventListener('abort', cut)
    await client.end().catch(() => undefined)
  }
}
