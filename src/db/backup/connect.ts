import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionOptions } from '../connection.ts'
import { connectionFromUrl } from '../connection-url.ts'
import { backupOf, startEmbeddedDatabase } from '../embedded/database.ts'
import { runningEmbedded } from '../embedded/running.ts'
import { backupRole, passwordsOf, rolesOf } from '../role-connections.ts'
import type { Target } from './prepare.ts'

interface Settings {
  database_url: string | undefined
  database_owner_url: string | undefined
  database_worker_url: string | undefined
  database_backup_url: string | undefined
  database_prepare: boolean
}

interface Opened<T> {
  at: T
  stop(): Promise<void>
}

/** How an external database is read past row-level security; undefined when no setting says how. */
export function externalBackup(
  settings: Pick<Settings, 'database_backup_url' | 'database_owner_url'>,
): ConnectionOptions | undefined {
  const { database_backup_url, database_owner_url } = settings
  if (database_backup_url !== undefined)
    return connectionFromUrl('MC_DATABASE_BACKUP_URL', database_backup_url)
  if (database_owner_url !== undefined) return connectionFromUrl('MC_DATABASE_OWNER_URL', database_owner_url)
  return undefined
}

/**
 * The database for a backup: an external one, that of a server that runs on the data folder, or the stopped one there,
 * which is started for this. Nothing is migrated. Throws one sentence.
 */
export async function openForBackup(
  settings: Settings,
  data_dir: string,
): Promise<Opened<ConnectionOptions>> {
  if (settings.database_url !== undefined) {
    const at = externalBackup(settings)
    if (!at)
      throw new Error(
        'Set MC_DATABASE_BACKUP_URL to the role mc_backup, or MC_DATABASE_OWNER_URL: the role of the server does not see everything.',
      )
    return { at, stop: async () => undefined }
  }
  const running = runningEmbedded(data_dir)
  if (running) return { at: backupOf(running, data_dir), stop: async () => undefined }
  if (!existsSync(join(data_dir, 'postgres', 'data', 'PG_VERSION')))
    throw new Error(`There is no database in ${data_dir}. Set MC_DATA_DIR to the data folder of the server.`)
  const { owner, stop } = await startEmbeddedDatabase(data_dir, (line) => console.error(line))
  return { at: backupOf(owner, data_dir), stop }
}

/** The database for a restore, which no server may be using. Throws one sentence. */
export async function openForRestore(settings: Settings, data_dir: string): Promise<Opened<Target>> {
  const { database_url, database_owner_url } = settings
  if (database_url === undefined) {
    const { owner, passwords, stop } = await startEmbeddedDatabase(data_dir, (line) => console.error(line))
    return { at: { owner, passwords }, stop }
  }
  if (database_owner_url === undefined)
    throw new Error('Set MC_DATABASE_OWNER_URL to a role that may create roles and tables.')
  const { app, worker } = rolesOf({ ...settings, database_url })
  return {
    at: {
      owner: connectionFromUrl('MC_DATABASE_OWNER_URL', database_owner_url),
      passwords: passwordsOf(app, worker, backupRole(settings)),
    },
    stop: async () => undefined,
  }
}

/** An empty PostgreSQL in a folder of its own, thrown away by `stop`. */
export async function openScratch(folder: string): Promise<Opened<Target>> {
  const { owner, passwords, stop } = await startEmbeddedDatabase(folder, () => undefined, { durable: false })
  return { at: { owner, passwords }, stop }
}
