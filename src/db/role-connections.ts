import type { ConnectionOptions } from './connection.ts'
import { connectionFromUrl } from './connection-url.ts'
import { workerConnection } from './queue/connection.ts'
import type { RolePasswords } from './roles.ts'

interface Urls {
  database_url: string
  database_worker_url: string | undefined
  /** False behind PgBouncer in transaction mode. */
  database_prepare: boolean
}

/** How the server and its background jobs reach an external database. */
export function rolesOf({ database_url, database_worker_url, database_prepare }: Urls): {
  app: ConnectionOptions
  worker: ConnectionOptions
} {
  const app = { ...connectionFromUrl('MC_DATABASE_URL', database_url), pooled: !database_prepare }
  const worker =
    database_worker_url === undefined
      ? workerConnection(app)
      : connectionFromUrl('MC_DATABASE_WORKER_URL', database_worker_url)
  return { app, worker }
}

/** Passwords for the product's own roles; other roles are the operator's. */
export function passwordsOf(app: ConnectionOptions, worker: ConnectionOptions): RolePasswords {
  return {
    ...(app.user === 'mc_app' && app.password !== '' ? { app: app.password } : {}),
    ...(worker.user === 'mc_worker' && worker.password !== '' ? { worker: worker.password } : {}),
  }
}
