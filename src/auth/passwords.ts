import pLimit from 'p-limit'
import { ApiError } from '../contracts/errors.ts'
import { LIMITS } from '../contracts/limits.ts'
import { characters } from '../contracts/schema.ts'
import { COMMON_PASSWORDS } from './common-passwords.ts'

/** Concurrent hashes: each takes a thread and 64 MiB for a fifth of a second. */
const AT_ONCE_MAX = 4
/** Hashes that may queue; one more is refused with 503. */
const QUEUED_MAX = 64

const hashing = pLimit(AT_ONCE_MAX)

/** Compared for unknown accounts, so that they cost the same work as known ones. */
let dummy_hash: Promise<string> | undefined

/** argon2id (RFC 9106), off the event loop. Normalized (NFKC) first: keyboards write one character in several ways. */
export async function hashPassword(password: string): Promise<string> {
  return await limited(() => Bun.password.hash(password.normalize('NFKC'), { algorithm: 'argon2id' }))
}

/**
 * Undefined for a wrong password; with `hash` null (no such account) after the same work. `outdated`: the hash was made
 * from the raw text and should be replaced.
 */
export async function verifyPassword(
  hash: string | null,
  password: string,
): Promise<'current' | 'outdated' | undefined> {
  if (characters(password) > LIMITS.password_max) return undefined
  dummy_hash ??= Bun.password.hash('nobody has this password', { algorithm: 'argon2id' })
  const against = hash ?? (await dummy_hash)
  const matches = (form: string) => limited(() => Bun.password.verify(form, against))
  const normal = password.normalize('NFKC')
  const [current, raw] = await Promise.all([
    matches(normal),
    normal === password ? undefined : matches(password),
  ])
  if (hash === null) return undefined
  return current ? 'current' : raw ? 'outdated' : undefined
}

/** Why a new password is refused, as a sentence for its owner; undefined when it is accepted. */
export function passwordProblem(
  password: string,
  about: { email?: string; name?: string } = {},
): string | undefined {
  const normal = password.normalize('NFKC')
  const length = characters(normal)
  if (length < LIMITS.password_min) return `Use at least ${LIMITS.password_min} characters.`
  if (length > LIMITS.password_max) return `Use at most ${LIMITS.password_max} characters.`
  const plain = normal.toLowerCase()
  if (new Set(plain).size < 4) return 'This repeats a few characters. Use something longer or less regular.'
  if (isSequence(plain)) return 'This is a row of neighbouring characters. Use something less regular.'
  const bare = plain.replace(/[^a-z]+/g, '')
  if (COMMON_PASSWORDS.has(plain) || COMMON_PASSWORDS.has(bare))
    return 'This is one of the passwords that are tried first. Use another one.'
  const own = [about.email?.split('@')[0], about.name].flatMap((part) =>
    part && part.length >= 4 ? [part.toLowerCase()] : [],
  )
  if (own.some((part) => plain.includes(part) && plain.length - part.length < 5))
    return 'This is almost your name or e-mail. Use another one.'
  return undefined
}

/** Whether every step between characters is the same: `abcdefghij`, `9876543210`. */
function isSequence(text: string): boolean {
  const steps = new Set<number>()
  for (let i = 1; i < text.length; i++) steps.add(text.charCodeAt(i) - text.charCodeAt(i - 1))
  return steps.size === 1
}

async function limited<T>(run: () => Promise<T>): Promise<T> {
  if (hashing.pendingCount >= QUEUED_MAX)
    throw new ApiError('UNAVAILABLE', 'Too many people sign in right now. Try again.', { retry_after_s: 2 })
  return await hashing(run)
}
