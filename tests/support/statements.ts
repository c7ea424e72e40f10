import type postgres from 'postgres'
import { databaseOf, type TestServer } from './server.ts'

/** Statements of the product, as PostgreSQL itself counts them: BEGIN and COMMIT count like all others. */
export interface StatementCount {
  total: number
  /** What the server does on its own, for all orgs together. */
  background: number
  /** The most frequent first. */
  by_text: { query: string; calls: number }[]
}

/** Work of the server that is independent of its clients. */
const BACKGROUND = [
  // Jobs of `src/workers`.
  /(take_due_alarms|due_orgs|delete_org_step|archivable_tasks|sweep_expired|set_missing_timeouts|exports_due|sweep_emails|sweep_notifications|backup_schedules|keys_to_rotate|retention_due|job_counts|remove_old_jobs|touch_members|touch_keys|ensure_partitions)\(/,
  // The re-check of credentials of open streams.
  /select (found\.\* .*)?"id" from "(sessions|api_keys)"/s,
]

/** Counts the statements of a server's roles; those of the superuser, of the queue, and {@link BACKGROUND} are left out. */
export class Statements {
  readonly #server: TestServer

  private constructor(server: TestServer) {
    this.#server = server
  }

  /** Makes the embedded PostgreSQL count, which takes a restart of the server. */
  static async of(server: TestServer): Promise<Statements> {
    const sql = databaseOf(server)
    await sql`alter system set shared_preload_libraries = 'pg_stat_statements'`
    await sql.end()
    await server.restart()
    const statements = new Statements(server)
    await statements.#query((own) => own`create extension if not exists pg_stat_statements`)
    return statements
  }

  async reset(): Promise<void> {
    await this.#query((sql) => sql`select pg_stat_statements_reset()`)
  }

  async count(): Promise<StatementCount> {
    const rows = await this.#query(
      (sql) => sql<{ query: string; calls: number }[]>`
        select query, sum(calls)::int as calls from pg_stat_statements
        where userid not in (current_user::regrole, 'mc_worker'::regrole) group by query order by calls desc`,
    )
    const isBackground = ({ query }: { query: string }) => BACKGROUND.some((text) => text.test(query))
    const by_text = rows.filter((row) => !isBackground(row))
    return { total: sumOf(by_text), background: sumOf(rows.filter(isBackground)), by_text }
  }

  /** In a database of its own: the product refuses to serve one that has views which it does not know. */
  async #query<T>(run: (sql: postgres.Sql) => Promise<T>): Promise<T> {
    const sql = databaseOf(this.#server, 'superuser', 'postgres')
    try {
      return await run(sql)
    } finally {
      await sql.end()
    }
  }
}

function sumOf(rows: readonly { calls: number }[]): number {
  return rows.reduce((sum, { calls }) => sum + calls, 0)
}
