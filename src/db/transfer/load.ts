import { BadExport } from '../../domain/bad-export.ts'
import { Database, type Sql } from '../client.ts'
import type { ConnectionOptions } from '../connection.ts'
import { isUniqueViolation } from '../failures.ts'
import { loadProblems } from './load-checks.ts'
import type { TransferTable } from './tables.ts'

/** A statement of up to a megabyte of rows with their search words. */
const STATEMENT_MS = 10 * 60_000
const LOAD_MS = 6 * 60 * 60_000

export interface NewLink {
  id: string
  user_id: string
  email: string
  token_hash: string
  expires_at: string
}

/** An administrator of the imported org, for whom no password is known here. */
export interface LockedOut {
  user_id: string
  email: string
  display_name: string
}

/** Stores an org inside one transaction: row-level security admits no row of another org. */
export interface OrgLoader {
  /** Stores rows of a table, as the JSON texts of its file. */
  insert(table: TransferTable, lines: readonly string[]): Promise<void>
  /** Stores the people and agents that are not known here; those with the same id keep what they have here. */
  insertUsers(table: TransferTable, lines: readonly string[]): Promise<void>
  startLog(log: string, sequence: number): Promise<void>
  /** Throws `BadExport` when the stored rows contradict each other. */
  check(): Promise<void>
  lockedOut(): Promise<LockedOut[]>
  insertLinks(links: readonly NewLink[]): Promise<void>
}

/** The database as an import uses it: as the role of the server, on one connection with patient limits. */
export class LoadDatabase {
  readonly #database: Database

  constructor(connection: ConnectionOptions) {
    this.#database = new Database({
      connection,
      connections_max: 1,
      statement_timeout_ms: STATEMENT_MS,
      idle_in_transaction_ms: STATEMENT_MS,
      deadline_ms: LOAD_MS,
      application_name: 'mission-control import',
    })
  }

  /** Whether an org with this id or slug is here, and how many orgs there are. */
  async taken(org_id: string, slug: string): Promise<{ id: boolean; slug: boolean; orgs: number }> {
    const orgs = await this.#database.query(
      (sql) => sql<{ slug: boolean; orgs: number }[]>`
        select exists (select from auth_org(${slug})) as slug, auth_org_count() as orgs`,
    )
    const own = await this.#database.withOrg(
      org_id,
      ({ sql }) => sql<{ id: string }[]>`select id from organizations where id = ${org_id}`,
    )
    return { id: own.length > 0, slug: orgs[0]?.slug ?? false, orgs: orgs[0]?.orgs ?? 0 }
  }

  /** Creates the partitions of these months (`2026-11-01`). */
  async makeMonths(months: readonly string[]): Promise<void> {
    await this.#database.query((sql) => sql`select make_months(${[...months]}::text[]::date[])`)
  }

  /** Everything of `store`, or nothing. */
  async load<T>(org_id: string, store: (loader: OrgLoader) => Promise<T>): Promise<T> {
    return await this.#database.withOrg(org_id, ({ sql }) => store(loaderOf(sql, org_id)))
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
}

function loaderOf(sql: Sql, org_id: string): OrgLoader {
  return {
    async insert(table, lines) {
      const { columns, on_load, org_column } = table
      const computed = Object.entries(on_load)
      const own = org_column === 'org_id' ? ['org_id'] : []
      const names = [...own, ...columns.map(({ name }) => name), ...computed.map(([name]) => name)]
      const values = [
        ...own.map(() => `'${org_id}'::uuid`),
        ...columns.map(({ name }) => `r.${name}`),
        ...computed.map(([, expression]) => expression),
      ]
      const text = `insert into ${table.table} (${names.join(', ')}) select ${values.join(', ')} from ${recordsOf(table)}`
      await refused(table, sql.unsafe(text, [`[${lines.join(',')}]`]))
    },
    async insertUsers(table, lines) {
      const text = [`[${lines.join(',')}]`]
      const found = await refused(
        table,
        sql.unsafe<{ id: string; problem: string | null }[]>(
          `select r.id, case
             when u.type <> r.type or lower(u.email) is distinct from lower(r.email) then 'is somebody else here'
             when u.type = 'agent' and exists (select from auth_memberships(u.id)) then 'is an agent of another organization here'
           end as problem
           from ${recordsOf(table)} join users u on u.id = r.id`,
          text,
        ),
      )
      const bad = found.find(({ problem }) => problem !== null)
      if (bad) throw new BadExport(`${table.file}.jsonl: the user ${bad.id} ${bad.problem}`)
      const names = table.columns.map(({ name }) => name)
      await refused(
        table,
        sql.unsafe(
          `insert into users (${names.join(', ')}) select ${names.map((name) => `r.${name}`).join(', ')} from ${recordsOf(table)}
           where not exists (select from users u where u.id = r.id)`,
          text,
        ),
      )
      // Deactivated with the last org that they belonged to.
      await sql.unsafe(
        `update users u set status = r.status from ${recordsOf(table)}
         where u.id = r.id and u.status = 'deactivated' and not exists (select from auth_memberships(u.id))`,
        text,
      )
    },
    async startLog(log, sequence) {
      await sql`insert into org_heads (org_id, epoch, sequence, batch, log) values (${org_id}, 0, ${sequence}, 0, ${log})`
    },
    async check() {
      const [problem] = await loadProblems(sql, org_id)
      if (problem !== undefined) throw new BadExport(problem)
    },
    async lockedOut() {
      return await sql<LockedOut[]>`
        select m.user_id, u.email, m.display_name from memberships m join users u on u.id = m.user_id
        where m.org_id = ${org_id} and m.type = 'human' and m.role = 'administrator' and m.status = 'active'
          and u.email is not null and not exists (
            select from users a where a.id = m.account_id and a.password_hash is not null)
        order by m.created_at limit 20`
    },
    async insertLinks(links) {
      for (const { id, user_id, email, token_hash, expires_at } of links)
        await sql`
          insert into invites (org_id, id, email, user_id, purpose, role, token_hash, expires_at, created_by)
          values (${org_id}, ${id}, ${email}, ${user_id}, 'password', 'administrator', ${token_hash}, ${expires_at}, ${user_id})`
    },
  }
}

/** The rows of a file as a table of the statement; their JSON is its only parameter. */
function recordsOf({ columns }: TransferTable): string {
  return `json_to_recordset($1::text::json) as r(${columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`
}

/** What the database refuses is a mistake of the file; its own message may quote the row. */
async function refused<T>({ file }: TransferTable, query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (isUniqueViolation(error)) throw new BadExport(`${file}.jsonl: a row is there twice`)
    if (code === '23503') throw new BadExport(`${file}.jsonl: a row names something that is not in the file`)
    // Of data, of constraints, and of JSON with what no text of the database can hold.
    if (/^2[23]/.test(code)) throw new BadExport(`${file}.jsonl: the database refuses a row (${code})`)
    throw error
  }
}
