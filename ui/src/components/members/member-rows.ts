import type { User } from '@contracts/resources.ts'
import { compareNames } from '@contracts/text-order.ts'

export type MemberKind = 'all' | 'human' | 'agent'
export type SortBy = 'name' | 'role' | 'activity'
export type MemberAction = 'names' | 'role' | 'keys' | 'remove'

export interface MemberFilter {
  kind: MemberKind
  text: string
  sort: SortBy
  descending: boolean
}

/** Rows of the members table: filtered, then sorted; ties by name. */
export function memberRows(members: readonly User[], { kind, text, sort, descending }: MemberFilter): User[] {
  const wanted = text.trim().toLowerCase()
  const rows = members.filter((user) => (kind === 'all' || user.type === kind) && matches(user, wanted))
  const by = COMPARE[sort]
  return rows.sort((a, b) => (descending ? -1 : 1) * by(a, b) || byName(a, b))
}

function matches({ display_name, username, email, identifier }: User, wanted: string): boolean {
  return (
    wanted === '' ||
    [display_name, username, email ?? '', identifier ?? ''].some((one) => one.toLowerCase().includes(wanted))
  )
}

const byName = (a: User, b: User) => compareNames(a.display_name, b.display_name)
const COMPARE: Record<SortBy, (a: User, b: User) => number> = {
  name: byName,
  role: (a, b) => a.role.localeCompare(b.role),
  // Latest first; users without activity last.
  activity: (a, b) => (b.last_active_at ?? '').localeCompare(a.last_active_at ?? ''),
}
