import postgres from 'postgres'
import { BadExport } from '../../domain/bad-export.ts'
import type { ConnectionOptions } from '../connection.ts'
import { migrateDown, migrateUp, SCHEMA_VERSION, schemaVersion } from '../migrate.ts'
import { MIGRATIONS } from '../migrations/index.ts'
import { ensureRoles, type RolePasswords } from '../roles.ts'
import { isEmpty } from './load.ts'

/** The database that a backup is restored into. `owner` may create roles and passes row-level security. */
export interface Target {
  owner: ConnectionOptions
  passwords: RolePasswords
}

/** Brings an empty database to the schema of a backup. Throws `BadExport` when it is in use, or the schema is unknown. */
export async function prepareEmpty(
  { owner, passwords }: Target,
  schema: { version: number; name: string },
): Promise<void> {
  if (schema.version > SCHEMA_VERSION)
    throw new BadExport(
      `The backup has schema version ${schema.version}, this program knows ${SCHEMA_VERSION}. Restore it with the newer version.`,
    )
  if (MIGRATIONS[schema.version - 1]?.name !== schema.name)
    throw new BadExport(`The backup has the schema "${schema.name}", which this program does not know.`)
  if (!(await isEmpty(owner)))
    throw new BadExport(
      'The database is in use: it has rows. A backup is restored into an empty one only, so that nothing is overwritten.',
    )
  await asOwner(owner, async (sql) => {
    await ensureRoles(sql, passwords)
    if ((await schemaVersion(sql)) > schema.version) await migrateDown(sql, schema.version)
    await migrateUp(sql, MIGRATIONS.slice(0, schema.version))
  })
}

/** Brings the restored database to the schema of this program. Returns the names of the migrations applied. */
export async function migrateOn({ owner }: Target): Promise<string[]> {
  return await asOwner(owner, (sql) => migrateUp(sql))
}

async function asOwner<T>(owner: ConnectionOptions, run: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres({
    ...owner,
    ssl: owner.ssl ?? false,
    max: 1,
    connect_timeout: 10,
    onnotice: () => undefined,
  })
  try {
    return await run(sql)
  } finally {
    await sql.end({ timeout: 2 })
  }
}
