import type { User } from '@contracts/resources.ts'
import { compareNames, foldText } from '@contracts/text-order.ts'

export type MemberKind = 'all' | 'human' | 'agent'
export type SortBy = 'name' | 'role' | 'activity'
export type MemberAction = 'names' | 'role' | 'keys' | 'invite' | 'sign-in' | 'remove'

export interface MemberFilter {
  kind: MemberKind
  text: string
  sort: SortBy
  descending: boolean
}

/** Rows of the members table: filtered, then sorted; ties by name. */
export function memberRows(members: readonly User[], { kind, text, sort, descending }: MemberFilter): User[] {
  const wanted = foldText(text.trim())
  const rows = members.filter(
    (user) => (kind === 'all' || user.type === kind) && (wanted === '' || wordsOf(user).includes(wanted)),
  )
  const by = COMPARE[sort]
  return rows.sort((a, b) => (descending ? -1 : 1) * by(a, b) || byName(a, b))
}

/** Folded texts of members: a large list is searched with every key. */
const words = new WeakMap<User, string>()

function wordsOf(user: User): string {
  const known = words.get(user)
  if (known !== undefined) return known
  const { display_name, username, former_usernames = [], email = '', identifier = '' } = user
  const former = former_usernames.map((one) => one.username)
  const folded = foldText([display_name, username, ...former, email, identifier].join('\n'))
  words.set(user, folded)
  return folded
}

const byName = (a: User, b: User) => compareNames(a.display_name, b.display_name)
const byWord = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1)
const COMPARE: Record<SortBy, (a: User, b: User) => number> = {
  name: byName,
  role: (a, b) => byWord(a.role, b.role),
  // Latest first; users without activity last.
  activity: (a, b) => byWord(b.last_active_at ?? '', a.last_active_at ?? ''),
}
