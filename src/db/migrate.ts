import type postgres from 'postgres'
import { MIGRATIONS, type Migration } from './migrations/index.ts'
import { installQueue } from './queue/install.ts'
import { SCHEMA_LOCK } from './roles.ts'

/** Highest schema version that this program knows. */
export const SCHEMA_VERSION = MIGRATIONS.length

/** The schema is newer than this program, which must not change it. */
export class NewerSchema extends Error {
  constructor(found: number) {
    super(
      `The database has schema version ${found}, this program knows ${SCHEMA_VERSION}. Start the newer version.`,
    )
    this.name = 'NewerSchema'
  }
}

/**
 * Applies pending migrations as `mc_owner`, under an advisory lock: several nodes may start at once. `sql` is a client
 * with one connection, of a member of `mc_owner`. Returns the names of the migrations applied.
 */
export async function migrateUp(
  sql: postgres.Sql,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  return await locked(sql, async () => {
    const version = await schemaVersion(sql)
    if (version > migrations.length) throw new NewerSchema(version)
    const applied: string[] = []
    for (const [i, migration] of migrations.entries()) {
      if (i < version) continue
      if (migration.needs_queue) await installQueue(sql)
      await inOneTransaction(
        sql,
        migration.up,
        `insert into mc_schema (version, name) values (${i + 1}, '${migration.name}')`,
      )
      applied.push(migration.name)
    }
    return applied
  })
}

/** Reverts the schema to version `to` (0: empty). Returns the names of the migrations undone. */
export async function migrateDown(
  sql: postgres.Sql,
  to: number,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  return await locked(sql, async () => {
    const version = await schemaVersion(sql)
    if (version > migrations.length) throw new NewerSchema(version)
    const undone: string[] = []
    for (let i = version; i > to; i--) {
      const migration = migrations[i - 1]!
      await inOneTransaction(sql, migration.down, `delete from mc_schema where version = ${i}`)
      undone.push(migration.name)
    }
    if (to === 0) await sql.unsafe('drop table if exists mc_schema')
    return undone
  })
}

/** Version of the schema in the database; 0 when there is none. */
export async function schemaVersion(sql: postgres.Sql): Promise<number> {
  const [table] = await sql`select to_regclass('public.mc_schema') as found`
  if (!table?.found) return 0
  const [row] = await sql<
    { version: number }[]
  >`select coalesce(max(version), 0)::int as version from mc_schema`
  return row!.version
}

async function locked<T>(sql: postgres.Sql, run: () => Promise<T>): Promise<T> {
  await sql`select pg_advisory_lock(${SCHEMA_LOCK})`
  try {
    await sql.unsafe('set role mc_owner')
    await sql.unsafe(
      'create table if not exists mc_schema (version int primary key, name text not null, applied_at timestamptz not null default now())',
    )
    await sql.unsafe('grant select on mc_schema to mc_app, mc_backup')
    return await run()
  } finally {
    await sql.unsafe('reset role')
    await sql`select pg_advisory_unlock(${SCHEMA_LOCK})`
  }
}

/** A migration and its record in one transaction. A migration that waits too long for a lock fails. */
async function inOneTransaction(sql: postgres.Sql, ...statements: string[]): Promise<void> {
  const text = statements.map((statement) => statement.replaceAll('--> statement-breakpoint', '')).join(';\n')
  try {
    await sql.unsafe(`begin; set local lock_timeout = '2s'; ${text}; commit`).simple()
  } catch (error) {
    await sql.unsafe('rollback')
    throw error
  }
}
