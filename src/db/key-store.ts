import type { OrgStatus, Role, SubAgentStatus, UserStatus, UserType } from '../contracts/vocabulary.ts'
import type { Database } from './client.ts'

interface StoredKey {
  org_id: string
  slug: string
  org_status: OrgStatus
  id: string
  key_id: string
  kind: 'live' | 'tmp'
  user_id: string
  sub_agent_id: string | null
  bcrypt_hash: string
  hmac: string
  expires_at: string | null
  revoked_at: string | null
  member_role: Role | null
  member_status: UserStatus | null
  member_type: UserType | null
  display_name: string
  username: string
  task_id: string | null
  sub_agent_status: SubAgentStatus | null
  sub_agent_expires_at: string | null
}

/** A row is looked at again after so long; what ends a key on this node drops it at once. */
const REMEMBER_MS = 1_000
const REMEMBERED_MAX = 10_000
/** Last use is written at most so often per key. */
const USED_EVERY_MS = 60_000

/** API keys in PostgreSQL, with the rows of the last second in memory. */
export class PostgresKeyStore {
  readonly #database: Database
  readonly #rows = new Map<string, { row: StoredKey | undefined; read_at: number }>()
  readonly #used = new Map<string, number>()
  readonly #failed: (stage: string, error: unknown) => void

  constructor(database: Database, failed: (stage: string, error: unknown) => void) {
    this.#database = database
    this.#failed = failed
  }

  async find(key_id: string): Promise<StoredKey | undefined> {
    const known = this.#rows.get(key_id)
    if (known && Date.now() - known.read_at < REMEMBER_MS) return known.row
    const [row] = await this.#database.query((sql) => sql<StoredKey[]>`select * from auth_api_key(${key_id})`)
    // A key that does not exist is not remembered: it may be made the next moment.
    if (row) this.#rows.set(key_id, { row, read_at: Date.now() })
    if (this.#rows.size > REMEMBERED_MAX) {
      const [oldest] = this.#rows.keys()
      if (oldest !== undefined) this.#rows.delete(oldest)
    }
    return row
  }

  /** Something about keys of this org changed. */
  forgetOrg(org_id: string): void {
    for (const [key_id, { row }] of this.#rows) if (row?.org_id === org_id) this.#rows.delete(key_id)
  }

  async rewriteHmac(stored: { org_id: string; id: string; key_id: string }, hmac: string): Promise<void> {
    await this.#database.withOrg(stored.org_id, async ({ sql }) => {
      await sql`update api_keys set hmac = ${hmac} where org_id = ${stored.org_id} and id = ${stored.id}`
    })
    this.#rows.delete(stored.key_id)
  }

  /** Remembers that a key was used, about once a minute. */
  used(stored: { org_id: string; id: string }): void {
    const now = Date.now()
    if (now - (this.#used.get(stored.id) ?? 0) < USED_EVERY_MS) return
    this.#used.set(stored.id, now)
    this.#database
      .withOrg(stored.org_id, async ({ sql }) => {
        await sql`update api_keys set last_used_at = now() where org_id = ${stored.org_id} and id = ${stored.id}`
      })
      .catch((error: unknown) => this.#failed('write the last use of a key', error))
  }
}
