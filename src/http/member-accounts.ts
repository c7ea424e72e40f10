import { type ActingMember, entersBy } from '../domain/credentials.ts'
import type { Permissions } from '../domain/permissions.ts'
import type { OrgEdge } from '../edge/org-edge.ts'

type Found = ActingMember | undefined

interface Known {
  members_version: number
  by_account: Map<string, Promise<Found>>
}

/**
 * The members as which accounts act. Cached per edge until any member of its org changes: an account that loses a member,
 * or gets one, does so with an event of that member. Callers share a read under way: after a restart every connection of a
 * person asks at once.
 */
export class MemberAccounts {
  readonly #read: (org_id: string, account_id: string) => Promise<Found>
  readonly #known = new WeakMap<Permissions, Known>()

  constructor(read: (org_id: string, account_id: string) => Promise<Found>) {
    this.#read = read
  }

  /** Id of the member that a session of the account acts as; undefined for a stranger to the org. */
  async member(
    { org_id, permissions }: Pick<OrgEdge, 'org_id' | 'permissions'>,
    account_id: string,
    opened_at: number,
  ): Promise<string | undefined> {
    for (;;) {
      const known = this.#of(permissions)
      const found = await (known.by_account.get(account_id) ?? this.#load(known, org_id, account_id))
      // A row that was read while a member changed may be outdated, so it is read again.
      if (this.#of(permissions) !== known) continue
      return found && entersBy(found.since, opened_at) ? found.user_id : undefined
    }
  }

  /** Strangers and failures are not kept. */
  #load({ by_account }: Known, org_id: string, account_id: string): Promise<Found> {
    const reading = this.#read(org_id, account_id)
    by_account.set(account_id, reading)
    const forget = () => by_account.delete(account_id)
    reading.then((found) => found ?? forget(), forget)
    return reading
  }

  #of(permissions: Permissions): Known {
    const { members_version } = permissions
    let known = this.#known.get(permissions)
    if (known?.members_version !== members_version) {
      known = { members_version, by_account: new Map() }
      this.#known.set(permissions, known)
    }
    return known
  }
}
