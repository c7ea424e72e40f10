import type { SessionStore } from '../../src/auth/sessions.ts'
import type { StoredSession } from '../../src/domain/credentials.ts'

const LISTED_MAX = 100

/** Sessions in memory; session-store-contract.ts says what holds for both stores. */
export class MemorySessionStore implements SessionStore {
  /** A test may change rows behind the store's back, as another node would. */
  readonly rows = new Map<string, StoredSession>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  async create(row: Parameters<SessionStore['create']>[0]): Promise<void> {
    if (this.rows.has(row.id)) throw new Error('There is a session with this id.')
    const now = this.#time()
    this.rows.set(row.id, {
      ...row,
      previous_jti: null,
      previous_valid_until: null,
      created_at: now,
      last_seen_at: now,
      revoked_at: null,
    })
  }

  async find(id: string): Promise<StoredSession | undefined> {
    return structuredClone(this.rows.get(id))
  }

  async rotate(id: string, old_jti: string, new_jti: string, grace_until: string): Promise<boolean> {
    const row = this.rows.get(id)
    if (row?.jti !== old_jti || row.revoked_at !== null) return false
    Object.assign(row, {
      jti: new_jti,
      previous_jti: old_jti,
      previous_valid_until: grace_until,
      last_seen_at: this.#time(),
    })
    return true
  }

  async revoke(id: string): Promise<string | undefined> {
    const row = this.rows.get(id)
    if (!row || row.revoked_at !== null) return undefined
    row.revoked_at = this.#time()
    return row.user_id
  }

  async listByUser(user_id: string): Promise<StoredSession[]> {
    const own = [...this.rows.values()].filter((row) => row.user_id === user_id && row.revoked_at === null)
    return structuredClone(
      own.toSorted((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at)).slice(0, LISTED_MAX),
    )
  }

  #time(): string {
    return new Date(this.#now()).toISOString()
  }
}
