import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { ConnectionOptions } from '../connection.ts'
import { begin, withClient } from './client.ts'
import { type BackupTable, TABLES_NOT_IN_BACKUPS, tablesOf } from './tables.ts'

/** A file of the archive, as its row names it. */
export interface ArchivedFile {
  file: string
  size_bytes: number
  sha256: string
}

/** The whole installation as of one moment. */
export interface InstallationSnapshot {
  schema: { version: number; name: string }
  postgres_version: string
  tables: readonly BackupTable[]
  /** Months that have a partition, such as `2026-11-01`. */
  months: readonly string[]
  archived: readonly ArchivedFile[]
  /** Rows of a table in the text format of COPY, a line each. */
  copy(table: BackupTable): AsyncIterable<Uint8Array>
}

/**
 * Runs `use` with a REPEATABLE READ snapshot of everything, while the server works. The role must read past row-level
 * security: under a policy it would see nothing and the backup would be empty, so PostgreSQL is told to refuse instead.
 * `sessions`: with the table that backups leave out. Throws one sentence when there is nothing to back up.
 */
export async function readInstallation<T>(
  connection: ConnectionOptions,
  { sessions, signal }: { sessions: boolean; signal?: AbortSignal },
  use: (snapshot: InstallationSnapshot) => Promise<T>,
): Promise<T> {
  return await withClient(
    connection,
    async (client) => {
      await begin(client, 'isolation level repeatable read read only')
      await refuseFiltered(client)
      const schema = await schemaOf(client)
      const tables = (await tablesOf(client)).filter(
        ({ name }) => !(name in TABLES_NOT_IN_BACKUPS) || (sessions && name === 'sessions'),
      )
      const [server] = (await client.query<{ version: string }>('show server_version')).rows
      return await use({
        schema,
        tables,
        postgres_version: Object.values(server ?? {})[0]?.split(' ')[0] ?? '',
        months: await monthsOf(client),
        archived: await archivedOf(client, tables),
        copy: ({ name, columns }) =>
          client.query(copyTo(`copy (select ${columns.join(', ')} from public.${name}) to stdout`)),
      })
    },
    signal,
  )
}

async function refuseFiltered(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ whole: boolean; name: string }>(
    'select rolsuper or rolbypassrls as whole, rolname as name from pg_roles where rolname = current_user',
  )
  if (rows[0]?.whole !== true)
    throw new Error(
      `The role ${rows[0]?.name ?? ''} sees only what row-level security shows it, so its backup would be empty. Set MC_DATABASE_BACKUP_URL to the role mc_backup.`,
    )
}

async function schemaOf(client: pg.ClientBase): Promise<{ version: number; name: string }> {
  const found = await client.query<{ found: boolean }>(
    "select to_regclass('public.mc_schema') is not null as found",
  )
  const [schema] = found.rows[0]?.found
    ? (
        await client.query<{ version: number; name: string }>(
          'select version, name from public.mc_schema order by version desc limit 1',
        )
      ).rows
    : []
  if (!schema) throw new Error('There is nothing to back up: the database has no tables of Mission Control.')
  return schema
}

/** The month in which each partition begins. */
async function monthsOf(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ month: string }>(`
    select distinct (regexp_match(pg_get_expr(c.relpartbound, c.oid), $$FROM \\('(\\d{4}-\\d{2}-\\d{2})$$))[1] as month
    from pg_class c where c.relispartition and c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by 1`)
  return rows.flatMap(({ month }) => month ?? [])
}

async function archivedOf(client: pg.ClientBase, tables: readonly BackupTable[]): Promise<ArchivedFile[]> {
  // Schemas before the archive have no such table.
  if (!tables.some(({ name }) => name === 'archives')) return []
  const { rows } = await client.query<{ file: string; size_bytes: string; sha256: string }>(
    'select file, size_bytes, sha256 from public.archives where sha256 is not null order by file',
  )
  return rows.map(({ file, size_bytes, sha256 }) => ({ file, size_bytes: Number(size_bytes), sha256 }))
}
