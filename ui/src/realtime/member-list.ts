import type { User } from '@contracts/resources.ts'
import { compareNames } from '@contracts/text-order.ts'

/** The list of members with this one in its place; the list is in the order of names. */
export function withMember(members: readonly User[], user: User): User[] {
  const others = members.filter(({ id }) => id !== user.id)
  const at = others.findIndex((other) => compareNames(other.display_name, user.display_name) > 0)
  return others.toSpliced(at < 0 ? others.length : at, 0, user)
}

export function withoutMember(members: readonly User[], user_id: string): User[] {
  return members.filter(({ id }) => id !== user_id)
}

/** Members of two lists, each once, as the first list has them. */
export function joined(members: readonly User[], found: readonly User[]): User[] {
  if (found.length === 0) return [...members]
  const known = new Set(members.map(({ id }) => id))
  return [...members, ...found.filter(({ id }) => !known.has(id))]
}
