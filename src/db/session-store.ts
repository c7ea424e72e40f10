import type { Database } from './client.ts'

interface SessionRow {
  id: string
  user_id: string
  jti: string
  previous_jti: string | null
  previous_valid_until: string | null
  created_at: string
  expires_at: string
  last_seen_at: string
  revoked_at: string | null
  ip: string | null
  user_agent: string | null
}

/** Sessions in PostgreSQL. */
export class PostgresSessionStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async create(row: {
    id: string
    user_id: string
    jti: string
    expires_at: string
    ip: string
    user_agent: string
  }): Promise<void> {
    await this.#database.query(
      (sql) => sql`
        insert into sessions (id, user_id, jti, expires_at, last_seen_at, ip, user_agent)
        values (${row.id}, ${row.user_id}, ${row.jti}, ${row.expires_at}, now(), ${row.ip}, ${row.user_agent})`,
    )
  }

  async find(id: string): Promise<SessionRow | undefined> {
    const [row] = await this.#database.query(
      (sql) => sql<SessionRow[]>`select * from sessions where id = ${id}`,
    )
    return row
  }

  async rotate(id: string, old_jti: string, new_jti: string, grace_until: string): Promise<boolean> {
    const rows = await this.#database.query(
      (sql) => sql`
        update sessions set jti = ${new_jti}, previous_jti = ${old_jti}, previous_valid_until = ${grace_until}, last_seen_at = now()
        where id = ${id} and jti = ${old_jti} and revoked_at is null returning id`,
    )
    return rows.length === 1
  }

  /** Ends a session; answers whose it was, undefined when it had ended before. */
  async revoke(id: string): Promise<string | undefined> {
    const [row] = await this.#database.query(
      (sql) => sql<{ user_id: string }[]>`
        update sessions set revoked_at = now() where id = ${id} and revoked_at is null returning user_id`,
    )
    return row?.user_id
  }

  async listByUser(user_id: string): Promise<SessionRow[]> {
    return await this.#database.query(
      (sql) => sql<SessionRow[]>`
        select * from sessions where user_id = ${user_id} and revoked_at is null order by created_at desc limit 100`,
    )
  }
}
