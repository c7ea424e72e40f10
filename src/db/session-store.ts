import { and, desc, eq, isNull, sql as text } from 'drizzle-orm'
import type { SignInMethod } from '../contracts/vocabulary.ts'
import type { Database } from './client.ts'
import { CoalescedReads } from './coalesced.ts'
import { sessions } from './schema/global.ts'
import { anyOf, build, given, type Params, statement } from './statement.ts'

/** Far more sessions than a person has; the oldest are left out. */
const LISTED_MAX = 100

const insertSession = statement(
  (
    p: Params<{
      id: string
      user_id: string
      jti: string
      expires_at: string
      ip: string
      user_agent: string
      method: SignInMethod
      hosted_domain: string | null
    }>,
  ) =>
    build.insert(sessions).values({
      id: p.id,
      user_id: p.user_id,
      jti: p.jti,
      expires_at: p.expires_at,
      last_seen_at: text`now()`,
      ip: p.ip,
      user_agent: p.user_agent,
      method: p.method,
      hosted_domain: p.hosted_domain,
    }),
)

const sessionsById = statement((p: Params<{ ids: readonly string[] }>) =>
  build.select().from(sessions).where(anyOf(sessions.id, p.ids)),
)

const rotateSession = statement(
  (p: Params<{ id: string; old_jti: string; new_jti: string; grace_until: string }>) =>
    build
      .update(sessions)
      .set({
        jti: given(p.new_jti),
        previous_jti: given(p.old_jti),
        previous_valid_until: given(p.grace_until),
        last_seen_at: text`now()`,
      })
      .where(and(eq(sessions.id, p.id), eq(sessions.jti, p.old_jti), isNull(sessions.revoked_at)))
      .returning({ id: sessions.id }),
)

const revokeSession = statement((p: Params<{ id: string }>) =>
  build
    .update(sessions)
    .set({ revoked_at: text`now()` })
    .where(and(eq(sessions.id, p.id), isNull(sessions.revoked_at)))
    .returning({ user_id: sessions.user_id }),
)

const sessionsOfUser = statement((p: Params<{ user_id: string }>) =>
  build
    .select()
    .from(sessions)
    .where(and(eq(sessions.user_id, p.user_id), isNull(sessions.revoked_at)))
    .orderBy(desc(sessions.created_at))
    .limit(LISTED_MAX),
)

/** Sessions in PostgreSQL. */
export class PostgresSessionStore {
  readonly #database: Database
  /** After a restart all clients reconnect at once. */
  readonly #found: CoalescedReads<typeof sessions.$inferSelect | undefined>

  constructor(database: Database) {
    this.#database = database
    this.#found = new CoalescedReads(async (ids) => {
      const rows = await database.query((sql) => sessionsById(sql, { ids }))
      return new Map(rows.map((row) => [row.id, row]))
    }, undefined)
  }

  async create(row: {
    id: string
    user_id: string
    jti: string
    expires_at: string
    ip: string
    user_agent: string
    method: SignInMethod
    hosted_domain: string | null
  }): Promise<void> {
    await this.#database.statement((sql) => insertSession(sql, row))
  }

  async find(id: string) {
    return await this.#found.get(id)
  }

  /** Replaces the token id `old_jti`, which stays valid until `grace_until`; false when it was replaced already. */
  async rotate(id: string, old_jti: string, new_jti: string, grace_until: string): Promise<boolean> {
    const rows = await this.#database.statement((sql) =>
      rotateSession(sql, { id, old_jti, new_jti, grace_until }),
    )
    return rows.length === 1
  }

  /** Ends a session; returns its user, undefined when it had ended before. */
  async revoke(id: string): Promise<string | undefined> {
    const [row] = await this.#database.statement((sql) => revokeSession(sql, { id }))
    return row?.user_id
  }

  /** Sessions that were not revoked, newest first. */
  async listByUser(user_id: string) {
    return await this.#database.query((sql) => sessionsOfUser(sql, { user_id }))
  }
}
