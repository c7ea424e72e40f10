import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { newLogId } from '../../contracts/log-id.ts'
import { BadExport } from '../../domain/bad-export.ts'
import type { ConnectionOptions } from '../connection.ts'
import { begin, withClient } from './client.ts'
import { type BackupTable, TABLES_NOT_IN_BACKUPS, tablesOf, targetOf } from './tables.ts'

/** Stores a whole installation inside one transaction. */
export interface InstallationLoader {
  /** Stores the rows of a table, in the text format of COPY. Returns their number. */
  load(table: BackupTable, lines: AsyncIterable<Uint8Array>): Promise<number>
  /** Gives every log a new id: a cursor of a client names a log that is no more, so the client loads anew. */
  startNewLogs(): Promise<void>
}

/**
 * Runs `fill` with a loader of an empty database. All or nothing: a throw of `fill` leaves the database as it was. `owner`
 * reads and writes past row-level security, as the role that migrates does. Throws `BadExport` when the database has rows
 * or is of another schema than the tables.
 */
export async function loadInstallation(
  owner: ConnectionOptions,
  { tables, months }: { tables: readonly BackupTable[]; months: readonly string[] },
  fill: (loader: InstallationLoader) => Promise<void>,
): Promise<void> {
  await withClient(owner, async (client) => {
    await client.query('select public.make_months($1::text[]::date[])', [[...months]])
    await begin(client)
    const known = await tablesOf(client)
    refuseOthers(tables, known)
    // Locks the tables as well: nobody writes to them before the end.
    for (const { name } of known) await asOwner(client, `alter table public.${name} disable trigger user`)
    await refuseFull(client, known)
    await fill(loaderOf(client))
    for (const { name } of known) await asOwner(client, `alter table public.${name} enable trigger user`)
    await client.query('commit')
    // The planner knows nothing of the new rows yet.
    for (const { name } of tables) {
      await begin(client)
      await asOwner(client, `analyze public.${name}`)
      await client.query('commit')
    }
  })
}

/** Whether the tables of the product, if there are any, have no row. */
export async function isEmpty(owner: ConnectionOptions): Promise<boolean> {
  return await withClient(owner, async (client) => {
    await begin(client)
    return (await fullTable(client, await tablesOf(client))) === undefined
  })
}

function loaderOf(client: pg.ClientBase): InstallationLoader {
  return {
    async load(table, lines) {
      const copy = client.query(copyFrom(`copy ${targetOf(table)} from stdin`))
      try {
        await pipeline(Readable.from(lines), copy)
      } catch (error) {
        // Classes of data and of constraints; the message of the database may quote a row.
        const code = error instanceof Error && 'code' in error ? String(error.code) : ''
        if (/^2[23]/.test(code))
          throw new BadExport(`The database refuses the rows of the table ${table.name} (${code}).`)
        throw error
      }
      return copy.rowCount
    },
    async startNewLogs() {
      const { rows } = await client.query<{ org_id: string }>('select org_id from public.org_heads')
      const orgs = rows.map(({ org_id }) => org_id)
      await client.query(
        `update public.org_heads h set log = n.log, updated_at = now()
         from unnest($1::uuid[], $2::text[]) as n(org_id, log) where h.org_id = n.org_id`,
        [orgs, orgs.map(() => newLogId())],
      )
    },
  }
}

/** Tables belong to `mc_owner`, of which the migrating role is a member. */
async function asOwner(client: pg.ClientBase, statement: string): Promise<void> {
  await client.query('set local role mc_owner')
  await client.query(statement)
  await client.query('reset role')
}

function refuseOthers(tables: readonly BackupTable[], known: readonly BackupTable[]): void {
  for (const { name, columns } of tables) {
    const found = known.find((table) => table.name === name)
    const missing = found ? columns.filter((column) => !found.columns.includes(column)) : columns
    if (missing.length > 0)
      throw new BadExport(
        `The backup has columns that this program does not know: ${name} (${missing.join(', ')}).`,
      )
  }
  for (const { name } of known)
    if (!(name in TABLES_NOT_IN_BACKUPS) && !tables.some((table) => table.name === name))
      throw new BadExport(`The backup has no table ${name}.`)
}

async function refuseFull(client: pg.ClientBase, known: readonly BackupTable[]): Promise<void> {
  const full = await fullTable(client, known)
  if (full !== undefined)
    throw new BadExport(
      `The database is in use: its table ${full} has rows. A backup is restored into an empty one only, so that nothing is overwritten.`,
    )
}

async function fullTable(client: pg.ClientBase, tables: readonly BackupTable[]): Promise<string | undefined> {
  for (const { name } of tables) {
    if (name === 'mc_schema') continue
    const { rowCount } = await client.query(`select from public.${name} limit 1`)
    if (rowCount !== 0) return name
  }
  return undefined
}
