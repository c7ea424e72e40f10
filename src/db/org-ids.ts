import { LRUCache } from 'lru-cache'
import type { Accounts } from './queries/accounts.ts'

/** Size of the LRU: more orgs than a node serves at a time. */
const SLUGS_MAX = 10_000

/** Ids of orgs by slug. A slug never changes, so an entry holds until its org is deleted. */
export class OrgIds {
  readonly #accounts: Pick<Accounts, 'orgId'>
  readonly #ids: LRUCache<string, string>

  constructor(accounts: Pick<Accounts, 'orgId'>, slugs_max = SLUGS_MAX) {
    this.#accounts = accounts
    this.#ids = new LRUCache({ max: slugs_max })
  }

  /** Undefined for an unknown slug. Misses are not cached: the org may be created at any moment. */
  async find(slug: string): Promise<string | undefined> {
    const known = this.#ids.get(slug)
    if (known !== undefined) return known
    const found = await this.#accounts.orgId(slug)
    if (found !== undefined) this.#ids.set(slug, found)
    return found
  }

  forget(org_id: string): void {
    for (const [slug, id] of this.#ids) if (id === org_id) this.#ids.delete(slug)
  }
}
