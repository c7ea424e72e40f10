import { Database } from './client.ts'
import type { ConnectionOptions } from './connection.ts'

export type ArchiveKind = 'events' | 'messages'

/** The rows of an org and a month (its first day, `2026-01-01`). */
export interface OrgMonth {
  org_id: string
  kind: ArchiveKind
  month: string
}

/** One file of the archive. `removed`: its rows are no longer in the database. */
export interface ArchiveFile extends OrgMonth {
  part: number
  status: 'written' | 'removed' | 'restored'
  row_count: number
  size_bytes: number
  sha256: string
  file: string
}

/** Statements of 1,000 rows each; a month of a large org is many of them. */
const STATEMENT_MS = 60_000
const DEADLINE_MS = 65_000

/** The statements of retention, on a connection of their own: a page may be long. */
export class ArchiveStore {
  readonly #database: Database

  constructor(connection: ConnectionOptions, prepare: boolean) {
    this.#database = new Database({
      connection,
      connections_max: 1,
      wait_ms: DEADLINE_MS,
      statement_timeout_ms: STATEMENT_MS,
      deadline_ms: DEADLINE_MS,
      prepare,
      application_name: 'mission-control archive',
    })
  }

  /** The oldest due month of each kind, of up to `orgs` orgs after `after`. `last_org`: null after the last one. */
  async due(after: string | null, orgs: number): Promise<{ due: OrgMonth[]; last_org: string | null }> {
    const [row] = await this.#database.query(
      (sql) =>
        sql<
          { due: OrgMonth[]; last_org: string | null }[]
        >`select due, last_org from retention_due(${after}::uuid, ${orgs})`,
    )
    return row ?? { due: [], last_org: null }
  }

  /** Due rows after `place`, each as a line of JSON, in the order of their key. */
  async page(
    { org_id, kind, month }: OrgMonth,
    place: string | null,
    limit: number,
  ): Promise<{ place: string; line: string }[]> {
    return await this.#database.query(
      (sql) =>
        sql<
          { place: string; line: string }[]
        >`select place, line from archive_page(${org_id}, ${kind}, ${month}::date, ${place}, ${limit})`,
    )
  }

  async files(org_id: string): Promise<ArchiveFile[]> {
    return await this.#database.readOne(
      org_id,
      (sql, org) => sql<ArchiveFile[]>`
        select org_id, kind, month::text, part, status, row_count, size_bytes, sha256, file from archives
        where org_id = ${org} order by month, kind, part`,
    )
  }

  async add(file: ArchiveFile): Promise<void> {
    const { org_id, kind, month, part, status, row_count, size_bytes, sha256 } = file
    await this.#database.withOrg(
      org_id,
      async ({ sql }) => sql`
        insert into archives (org_id, kind, month, part, status, row_count, size_bytes, sha256, file)
        values (${org_id}, ${kind}, ${month}::date, ${part}, ${status}, ${row_count}, ${size_bytes}, ${sha256}, ${file.file})`,
    )
  }

  async mark({ org_id, kind, month, part }: ArchiveFile, status: ArchiveFile['status']): Promise<void> {
    await this.#database.withOrg(
      org_id,
      async ({ sql }) => sql`
        update archives set status = ${status}, updated_at = now()
        where org_id = ${org_id} and kind = ${kind} and month = ${month}::date and part = ${part}`,
    )
  }

  /** Removes up to `rows` rows whose file is written; returns how many. */
  async remove({ org_id, kind, month }: OrgMonth, rows: number): Promise<number> {
    const [row] = await this.#database.query(
      (sql) =>
        sql<
          { removed: number }[]
        >`select remove_archived(${org_id}, ${kind}, ${month}::date, ${rows})::int as removed`,
    )
    return row?.removed ?? 0
  }

  /** Stores lines of a file again; returns how many rows were missing. Throws when the org does not keep that month. */
  async restore({ org_id, kind, month }: OrgMonth, lines: readonly string[]): Promise<number> {
    const [row] = await this.#database.query(
      (sql) =>
        sql<
          { restored: number }[]
        >`select restore_archived(${org_id}, ${kind}, ${month}::date, ${`[${lines.join(',')}]`}::text::json)::int as restored`,
    )
    return row?.restored ?? 0
  }

  /** Drops an empty partition that no org keeps; null when there is none. */
  async dropPartition(): Promise<string | null> {
    const [row] = await this.#database.query(
      (sql) => sql<{ name: string | null }[]>`select drop_old_partition() as name`,
    )
    return row?.name ?? null
  }

  /** Id and settings of an org by its slug. */
  async orgId(slug: string): Promise<string | undefined> {
    const [row] = await this.#database.query((sql) => sql<{ id: string }[]>`select id from auth_org(${slug})`)
    return row?.id
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
}
