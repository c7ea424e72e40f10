import { and, eq } from 'drizzle-orm'
import { LRUCache } from 'lru-cache'
import type { StoredKey } from '../domain/credentials.ts'
import type { Database } from './client.ts'
import { CoalescedReads } from './coalesced.ts'
import { api_keys } from './schema/work.ts'
import { build, given, inOrg, type Params, statement } from './statement.ts'

const setHmac = statement((p: Params<{ org_id: string; id: string; hmac: string }>) =>
  build
    .update(api_keys)
    .set({ hmac: given(p.hmac) })
    .where(and(inOrg(api_keys.org_id, p.org_id), eq(api_keys.id, p.id))),
)

/** Time to live of a cached row; a revocation on this node evicts it at once. */
const REMEMBER_MS = 1_000
/** Size of the LRU: some 10 MiB. */
const REMEMBERED_MAX = 10_000

/** API keys in PostgreSQL, with the rows of the last second in memory. */
export class PostgresKeyStore {
  readonly #database: Database
  readonly #hears: () => boolean
  readonly #rows = new LRUCache<string, { row: StoredKey; read_at: number }>({ max: REMEMBERED_MAX })
  /** After a restart all agents reconnect at once. */
  readonly #found = new CoalescedReads<StoredKey | undefined>((key_ids) => this.#read(key_ids), undefined)

  /** `hears`: whether this node is told at present of changes on others; while it is not, it keeps no rows. */
  constructor(database: Database, hears: () => boolean = () => true) {
    this.#database = database
    this.#hears = hears
  }

  /** Text: the org is not known yet, so a function that bypasses row-level security looks the keys up. */
  async #read(key_ids: string[]): Promise<Map<string, StoredKey>> {
    const rows = await this.#database.query(
      (sql) => sql<StoredKey[]>`
        select k.* from unnest(${key_ids}::text[]) as asked(key_id), lateral auth_api_key(asked.key_id) as k`,
    )
    return new Map(rows.map((row) => [row.key_id, row]))
  }

  async find(key_id: string): Promise<StoredKey | undefined> {
    const known = this.#rows.get(key_id)
    if (known && this.#hears() && Date.now() - known.read_at < REMEMBER_MS) return known.row
    const row = await this.#found.get(key_id)
    // Misses are not cached: the key may be created at any moment.
    if (row) this.#rows.set(key_id, { row, read_at: Date.now() })
    else this.#rows.delete(key_id)
    return row
  }

  /** Evicts the keys of an org after a change of them. */
  forgetOrg(org_id: string): void {
    for (const [key_id, { row }] of this.#rows) if (row.org_id === org_id) this.#rows.delete(key_id)
  }

  async rewriteHmac(
    { org_id, id, key_id }: Pick<StoredKey, 'org_id' | 'id' | 'key_id'>,
    hmac: string,
  ): Promise<void> {
    await this.#database.withOrg(org_id, ({ sql }) => setHmac(sql, { org_id, id, hmac }))
    this.#rows.delete(key_id)
  }
}
