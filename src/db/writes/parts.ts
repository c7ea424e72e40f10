import type { Fragment, Sql } from '../client.ts'

/** The `with` clause of a statement that does these parts as well; nothing when there are none. */
export function withParts(sql: Sql, parts: readonly Fragment[]): Fragment {
  return parts.length === 0 ? sql`` : sql`with ${parts.reduce((all, part) => sql`${all}, ${part}`)}`
}
