import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import postgres from 'postgres'
import type { ConnectionOptions } from '../connection.ts'
import { migrateUp } from '../migrate.ts'
import { workerConnection, workerPassword } from '../queue/connection.ts'
import { ensureRoles, type RolePasswords } from '../roles.ts'
import { type EmbeddedOptions, type EmbeddedPostgres, startEmbedded } from './launcher.ts'
import { privateFile } from './private-file.ts'

export interface EmbeddedDatabase {
  app: ConnectionOptions
  worker: ConnectionOptions
  owner: ConnectionOptions
  migrated: string[]
  recovered: boolean
  stop(): Promise<void>
}

export const DATABASE = 'mission_control'

/** Starts the embedded PostgreSQL with the product's database, its roles and the current schema. */
export async function openEmbedded(data_dir: string, log: (line: string) => void): Promise<EmbeddedDatabase> {
  const { owner, passwords, recovered, stop } = await startEmbeddedDatabase(data_dir, log)
  try {
    const migrated = await prepareDatabase(owner, passwords)
    const app = { ...owner, user: 'mc_app', password: passwords.app }
    return { owner, app, worker: workerConnection(app), migrated, recovered, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The same, without roles and migrations. */
export async function startEmbeddedDatabase(
  data_dir: string,
  log: (line: string) => void,
  options: Pick<EmbeddedOptions, 'durable' | 'binaries'> = {},
) {
  const server = await startEmbedded({ data_dir, log, ...options })
  try {
    const passwords = rolePasswords(join(data_dir, 'postgres'))
    await createDatabase(server)
    const owner = connection(server, server.superuser, server.password)
    return { owner, passwords, recovered: server.recovered, stop: () => server.stop() }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** Creates roles and schema; `owner` needs CREATEROLE. Returns the names of the migrations applied. */
export async function prepareDatabase(owner: ConnectionOptions, passwords: RolePasswords): Promise<string[]> {
  const sql = postgres({
    ...owner,
    ssl: owner.ssl ?? false,
    max: 1,
    onnotice: () => undefined,
    connect_timeout: 10,
  })
  try {
    await ensureRoles(sql, passwords)
    return await migrateUp(sql)
  } finally {
    await sql.end({ timeout: 2 })
  }
}

/** The role of backups on the database of a data folder: it reads past row-level security, and nothing else. */
export function backupOf(connection: ConnectionOptions, data_dir: string): ConnectionOptions {
  return { ...connection, user: 'mc_backup', password: rolePasswords(join(data_dir, 'postgres')).backup }
}

async function createDatabase(server: EmbeddedPostgres): Promise<void> {
  const sql = postgres({
    ...connection(server, server.superuser, server.password),
    database: 'postgres',
    max: 1,
    onnotice: () => undefined,
  })
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${DATABASE}`
    if (!found) await sql.unsafe(`create database ${DATABASE}`)
  } finally {
    await sql.end({ timeout: 2 })
  }
}

function connection(server: EmbeddedPostgres, user: string, password: string): ConnectionOptions {
  return { host: server.host, port: server.port, database: DATABASE, user, password }
}

/** Passwords generated once and kept beside the cluster, readable by the server only. */
function rolePasswords(folder: string): Required<RolePasswords> {
  const text = privateFile(join(folder, 'role-passwords.json'), () => {
    const fresh = () => randomBytes(24).toString('base64url')
    return JSON.stringify({ app: fresh(), backup: fresh() })
  })
  const { app, backup } = JSON.parse(text) as Omit<Required<RolePasswords>, 'worker'>
  return { app, backup, worker: workerPassword(app) }
}
