import { argon2, createHmac } from 'node:crypto'
import { promisify } from 'node:util'
import pLimit from 'p-limit'
import { ApiError } from '../contracts/errors.ts'
import { LIMITS } from '../contracts/limits.ts'
import { characters } from '../contracts/schema.ts'
import { COMMON_PASSWORDS } from './common-passwords.ts'

/** Concurrent hashes: each takes a thread and 64 MiB for a fifth of a second. */
const AT_ONCE_MAX = 4
/** Hashes that may queue; one more is refused with 503. */
const QUEUED_MAX = 64

/** Other salts of one address that are tried: of accounts whose hash is older than the present pepper. */
const OTHER_SALTS_MAX = 4

/** Second recommended option of RFC 9106 with two passes, the same as `Bun.password`; memory in KiB. */
const COST = { memory: 65_536, passes: 2, parallelism: 1, tagLength: 32 } as const

const hashing = pLimit(AT_ONCE_MAX)
const derive = promisify(argon2)

/** Stored hashes that a password may have. The first is the current one, the others are outdated. */
export type PasswordHashes = [string, ...string[]]

/**
 * Hashes of passwords: argon2id (RFC 9106) in the PHC string format, off the event loop.
 *
 * The salt is derived from the e-mail address and a secret of the server. All accounts of an address share it, so one
 * derivation finds the account that a password opens, and its duration tells neither whether the address has accounts
 * nor how many. Passwords are normalized (NFKC) first: keyboards write one character in several ways.
 */
export class Passwords {
  readonly #secret: Uint8Array

  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  async hash(email: string, password: string): Promise<string> {
    return await hashWith(this.salt(email), password.normalize('NFKC'))
  }

  /**
   * The hashes under which accounts of the address may keep this password. `other_salts`: those of stored hashes that
   * were made with another salt. A password that is not normalized is also tried raw, as hashes were made before.
   */
  async hashes(email: string, password: string, other_salts: readonly string[]): Promise<PasswordHashes> {
    if (characters(password) > LIMITS.password_max) return [await this.hash(email, '')]
    const normal = password.normalize('NFKC')
    const forms = normal === password ? [normal] : [normal, password]
    const salts = [this.salt(email), ...other_salts.slice(0, OTHER_SALTS_MAX)]
    const [current = '', ...outdated] = await Promise.all(
      salts.flatMap((salt) => forms.map((form) => hashWith(salt, form))),
    )
    return [current, ...outdated]
  }

  /** Salt of an address, as in its stored hashes: base64 without padding. */
  salt(email: string): string {
    const digest = createHmac('sha256', this.#secret).update(`password salt ${email.toLowerCase()}`).digest()
    return unpadded(digest)
  }
}

async function hashWith(salt: string, password: string): Promise<string> {
  const input = { ...COST, message: password, nonce: Buffer.from(salt, 'base64') }
  const tag = await limited(() => derive('argon2id', input))
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${salt}$${unpadded(tag)}`
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
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
  const own = [about.email, about.email?.split('@')[0], about.name].flatMap((part) =>
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
