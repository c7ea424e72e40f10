import { notFound } from '../../contracts/errors.ts'
import type { Sql } from '../client.ts'
import { Database } from '../client.ts'
import type { ConnectionOptions } from '../connection.ts'
import type { TransferColumn, TransferTable } from './tables.ts'

/** Rows of one FETCH: together with the largest rows a few megabytes. */
const ROWS_AT_ONCE = 200
/** Two exports of a node run at once; a third one waits for its retry. */
const CONNECTIONS = 2
/** Counting the bytes of a table is one statement, and a large org has many millions of rows. */
const STATEMENT_MS = 30 * 60_000
/** A storage that takes nothing for this long has failed. */
const IDLE_MS = 5 * 60_000
/** An old snapshot holds back the vacuum of the whole database. */
const SNAPSHOT_MS = 6 * 60 * 60_000

export interface SnapshotHead {
  org: { id: string; slug: string; name: string }
  log: string
  sequence: number
}

/** One org as of one moment. */
export interface OrgSnapshot extends SnapshotHead {
  /** Exact size of the lines of a table, with their line ends. */
  measure(table: TransferTable): Promise<{ rows: number; bytes: number }>
  /** The rows of a table as JSON, in the order of its key, page by page. */
  lines(table: TransferTable): AsyncIterable<string[]>
}

/** Reads whole orgs, on connections of its own: their limits suit hours of reading at the pace of a storage. */
export class SnapshotDatabase {
  readonly #database: Database

  constructor(connection: ConnectionOptions, prepare: boolean) {
    this.#database = new Database({
      connection,
      connections_max: CONNECTIONS,
      wait_ms: 1_000,
      statement_timeout_ms: STATEMENT_MS,
      idle_in_transaction_ms: IDLE_MS,
      deadline_ms: SNAPSHOT_MS,
      prepare,
      application_name: 'mission-control export',
    })
  }

  /**
   * Runs `use` with a REPEATABLE READ snapshot of an org: read-only, under row-level security, as the role of the server.
   * Throws 404 when there is no such org.
   */
  async read<T>(org_id: string, use: (snapshot: OrgSnapshot) => Promise<T>): Promise<T> {
    return await this.#database.readOrg(org_id, async ({ sql }) => {
      const [head] = await sql<{ id: string; slug: string; name: string; log: string; sequence: number }[]>`
        select o.id, o.slug, o.name, h.log, h.sequence from organizations o join org_heads h on h.org_id = o.id
        where o.id = ${org_id}`
      if (!head) throw notFound('org')
      const { id, slug, name, log, sequence } = head
      return await use({ org: { id, slug, name }, log, sequence, ...readers(sql, id) })
    })
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
}

function readers(sql: Sql, org_id: string): Pick<OrgSnapshot, 'measure' | 'lines'> {
  return {
    async measure(table) {
      const [size] = await sql.unsafe<{ rows: number; bytes: number }[]>(
        `select count(*) as rows, coalesce(sum(octet_length(line) + 1), 0)::int8 as bytes from (${linesOf(table, org_id)}) as l`,
      )
      return size ?? { rows: 0, bytes: 0 }
    },
    async *lines(table) {
      await sql.unsafe(
        `declare rows_of_file no scroll cursor for ${linesOf(table, org_id)} order by ${orderOf(table)}`,
      )
      for (;;) {
        const page = await sql.unsafe<{ line: string }[]>(`fetch ${ROWS_AT_ONCE} from rows_of_file`)
        if (page.length > 0) yield page.map(({ line }) => line)
        if (page.length < ROWS_AT_ONCE) break
      }
      await sql.unsafe('close rows_of_file')
    },
  }
}

/** Statements of a cursor take no parameters; the id was read from the database, so it is a UUID. */
function linesOf({ table, columns, org_column, where }: TransferTable, org_id: string): string {
  const org = `'${org_id}'::uuid`
  const conditions = [
    ...(org_column === undefined ? [] : [`x.${org_column} = ${org}`]),
    ...(where === undefined ? [] : [where.replaceAll('$org', org)]),
  ]
  const fields = columns.map(fieldOf).join(', ')
  return `select row_to_json(r)::text as line from ${table} x cross join lateral (select ${fields}) as r where ${conditions.join(' and ')}`
}

/** Times with all their digits: an import stores exactly the same moment. */
function fieldOf({ name, type, expression }: TransferColumn): string {
  const value = expression ?? `x.${name}`
  if (!type.startsWith('timestamp')) return `${value} as ${name}`
  return `to_char(${value} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ${name}`
}

/** The order of the bytes, which is the order of the texts in the file. */
function orderOf({ key, columns }: TransferTable): string {
  const isText = (name: string) => columns.find((column) => column.name === name)?.type === 'text'
  return key.map((name) => `x.${name}${isText(name) ? ' collate "C"' : ''}`).join(', ')
}
