import { resolve } from 'node:path'
import postgres from 'postgres'
import type { ConnectionOptions } from './connection.ts'
import { connectionFromUrl } from './connection-url.ts'
import { startEmbeddedDatabase } from './embedded/database.ts'
import { migrateDown, migrateUp, SCHEMA_VERSION, schemaVersion } from './migrate.ts'
import { passwordsOf, rolesOf } from './role-connections.ts'
import { ensureRoles, type RolePasswords } from './roles.ts'

export interface MigrateSettings {
  data_dir: string
  database_url: string | undefined
  /** Required with `database_url`: a role that may create roles and tables. */
  database_owner_url: string | undefined
  database_worker_url: string | undefined
  database_prepare: boolean
}

export type Migration = { direction: 'up' } | { direction: 'down'; to: number }

/** Migrates the embedded database, or an external one as `MC_DATABASE_OWNER_URL`. Returns the exit code. */
export async function migrate(settings: MigrateSettings, migration: Migration): Promise<number> {
  const { owner, passwords, stop } = await ownerConnection(settings)
  const sql = postgres({
    ...owner,
    ssl: owner.ssl ?? false,
    max: 1,
    connect_timeout: 10,
    onnotice: () => undefined,
  })
  try {
    await ensureRoles(sql, passwords)
    const found = await schemaVersion(sql)
    const up = migration.direction === 'up'
    const names = up ? await migrateUp(sql) : await migrateDown(sql, migration.to)
    for (const name of names) console.log(`${up ? 'applied' : 'undid'} ${name}`)
    console.log(`The schema has version ${up ? SCHEMA_VERSION : Math.min(found, migration.to)}.`)
    return 0
  } finally {
    await sql.end({ timeout: 2 })
    await stop()
  }
}

async function ownerConnection(settings: MigrateSettings): Promise<{
  owner: ConnectionOptions
  passwords: RolePasswords
  stop(): Promise<void>
}> {
  if (settings.database_url === undefined)
    return await startEmbeddedDatabase(resolve(settings.data_dir), (line) => console.error(line))
  if (settings.database_owner_url === undefined)
    throw new Error('Set MC_DATABASE_OWNER_URL to a role that may create roles and tables.')
  const { app, worker } = rolesOf({ ...settings, database_url: settings.database_url })
  return {
    owner: connectionFromUrl('MC_DATABASE_OWNER_URL', settings.database_owner_url),
    passwords: passwordsOf(app, worker),
    stop: async () => undefined,
  }
}
