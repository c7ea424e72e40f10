import { type ActingMember, entersBy } from '../domain/credentials.ts'
import type { Permissions } from '../domain/permissions.ts'
import type { OrgEdge } from '../edge/org-edge.ts'

interface Known {
  members_version: number
  by_account: Map<string, ActingMember>
}

/**
 * The members as which accounts act. Cached per edge until any member of its org changes: an account that loses a member,
 * or gets one, does so with an event of that member.
 */
export class MemberAccounts {
  readonly #read: (org_id: string, account_id: string) => Promise<ActingMember | undefined>
  readonly #known = new WeakMap<Permissions, Known>()

  constructor(read: (org_id: string, account_id: string) => Promise<ActingMember | undefined>) {
    this.#read = read
  }

  /** Id of the member that a session of the account acts as; undefined for a stranger to the org. */
  async member(
    edge: Pick<OrgEdge, 'org_id' | 'permissions'>,
    account_id: string,
    opened_at: number,
  ): Promise<string | undefined> {
    const found =
      this.#of(edge.permissions).by_account.get(account_id) ?? (await this.#load(edge, account_id))
    return found && entersBy(found.since, opened_at) ? found.user_id : undefined
  }

  /** A row that was read while a member changed may be outdated, so it is read again. */
  async #load(
    { org_id, permissions }: Pick<OrgEdge, 'org_id' | 'permissions'>,
    account_id: string,
  ): Promise<ActingMember | undefined> {
    for (;;) {
      const version = permissions.members_version
      const found = await this.#read(org_id, account_id)
      if (permissions.members_version !== version) continue
      if (found) this.#of(permissions).by_account.set(account_id, found)
      return found
    }
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
