import { runMigrations } from 'graphile-worker'
import type postgres from 'postgres'
import type { ConnectionOptions } from '../connection.ts'
import { QUEUE_SCHEMA, queuePool } from './connection.ts'
import { queueLogger } from './logger.ts'

/**
 * Makes the queue's tables, as the role of the workers, which owns them: the library migrates what it finds. `sql` is
 * the migrating client, whose role is a member of `mc_worker`; the caller holds the lock for changes of the schema.
 */
export async function installQueue(sql: postgres.Sql): Promise<void> {
  // The library would create both, for which the workers' role would need the right to create schemas.
  await sql.unsafe(`
    create schema if not exists ${QUEUE_SCHEMA} authorization mc_worker;
    create table if not exists ${QUEUE_SCHEMA}.migrations (
      id int primary key, ts timestamptz not null default now(), breaking boolean not null default false);
    alter table ${QUEUE_SCHEMA}.migrations owner to mc_worker`)
  let lost: Error | undefined
  const pool = queuePool(connectionOf(sql), 1, (error) => {
    lost = error
  })
  pool.on('connect', (client) => void client.query('set role mc_worker').catch(() => undefined))
  try {
    await runMigrations({ pgPool: pool, schema: QUEUE_SCHEMA, logger: queueLogger(() => undefined) })
  } catch (error) {
    throw lost ?? error
  } finally {
    await pool.end()
  }
}

/** Where a client of the driver is connected to. */
function connectionOf({ options }: postgres.Sql): ConnectionOptions {
  const { host, port, database, user, pass, ssl } = options
  return {
    host: host[0] ?? '',
    port: port[0] ?? 0,
    database,
    user,
    password: typeof pass === 'string' ? pass : '',
    ssl: ssl !== false,
  }
}
