import anyAscii from 'any-ascii'
import { ApiError } from '../contracts/errors.ts'
import type { User } from '../contracts/resources.ts'
import { isUsername, usernameForm } from '../contracts/usernames.ts'
import type { NameIndex } from './names.ts'

/** Leaves room for a number behind a derived name. */
const DERIVED_MAX = 32

/** Words that address nobody in particular, and the server itself. */
const RESERVED = new Set([
  'all',
  'channel',
  'everyone',
  'here',
  'me',
  'mission-control',
  'sub-agent',
  'system',
])

/** A former username leads to its member for a year, and to nobody else. */
const FORMER_USERNAME_MS = 365 * 24 * 60 * 60 * 1000

/** Former usernames of a member: a bound on what one member keeps from the others. */
const FORMER_USERNAMES_MAX = 10

/** A username from a name in any script: transliterated, in small letters. Undefined when nothing is left. */
export function usernameFrom(name: string): string | undefined {
  const plain = anyAscii(name.normalize('NFC'))
    .toLowerCase()
    .replace(/['`’]/g, '')
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, DERIVED_MAX)
    .replace(/[^a-z0-9]+$/, '')
  return plain === '' ? undefined : plain
}

/** The username of a new member, from the first of `texts` that gives one; a number is added when it is taken. */
export function freeUsername(taken: NameIndex, texts: readonly string[]): string {
  const wanted = texts.flatMap((text) => usernameFrom(text) ?? [])[0] ?? 'user'
  if (isFree(taken, wanted)) return wanted
  for (let n = 2; ; n++) if (isFree(taken, `${wanted}-${n}`)) return `${wanted}-${n}`
}

function isFree(taken: NameIndex, name: string, member_id?: string): boolean {
  return isUsername(name) && !RESERVED.has(name) && !taken.has(name, member_id)
}

/** Throws 409 when a username is reserved, or looks like one that another member has or had within the year. */
export function checkUsernameFree(taken: NameIndex, username: string, member_id: string): void {
  if (isFree(taken, usernameForm(username), member_id)) return
  const message = 'This username is taken, or looks like one that is.'
  // Named, because a display name in the same request may be taken, too.
  throw new ApiError('NAME_TAKEN', message, { details: [{ path: '/username', message }] })
}

/** A member under another username; the one before is found for a year. Throws 429 for too many changes within it. */
export function withUsername(user: User, username: string | undefined, now: string): User {
  if (username === undefined || username === user.username) return user
  const found_until = new Date(Date.parse(now) + FORMER_USERNAME_MS).toISOString()
  const kept = (user.former_usernames ?? []).filter((former) => former.username !== username)
  const former_usernames = [{ username: user.username, found_until }, ...kept]
  const oldest = former_usernames[FORMER_USERNAMES_MAX]
  if (oldest)
    throw new ApiError('RATE_LIMITED', 'This username was changed too often within a year.', {
      retry_after_s: Math.ceil((Date.parse(oldest.found_until) - Date.parse(now)) / 1000),
    })
  return { ...user, username, former_usernames }
}
