import { createHash, createHmac, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import pLimit from 'p-limit'
import type { KeyRefusal } from '../contracts/vocabulary.ts'
import type { StoredKey } from '../domain/credentials.ts'
import { sameText } from './same-text.ts'

export interface KeyStore {
  find(key_id: string): Promise<StoredKey | undefined>
  /** Stores the HMAC anew: the pepper changed. */
  rewriteHmac(stored: StoredKey, hmac: string): Promise<void>
}

export type Verdict = { ok: true; stored: StoredKey } | { ok: false; reason: KeyRefusal; stored?: StoredKey }

const SHAPE = /^mc_ak_(live|tmp)_([A-Za-z0-9]{12})_([A-Za-z0-9_-]{43})$/
/** Length of a key, in words: one of a sub-agent is a character shorter. */
export const KEY_CHARACTERS = '67 (`mc_ak_live_…`) or 66 (`mc_ak_tmp_…`)'
const BCRYPT_COST = 12
/** A right key pays bcrypt again after this time. */
const REMEMBER_MS = 60_000
const REMEMBERED_MAX = 10_000
/** Concurrent bcrypt calls: each takes a thread for a quarter of a second. */
const BCRYPT_AT_ONCE_MAX = 2

/** A new key: 256 random bits behind a public id. It is shown once and never stored. */
export function generateApiKey(kind: 'live' | 'tmp'): { key: string; key_id: string; prefix: string } {
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789'
  let key_id = ''
  while (key_id.length < 12)
    for (const byte of randomBytes(16)) if (byte < 224 && key_id.length < 12) key_id += letters[byte % 56]
  const prefix = `mc_ak_${kind}_${key_id}`
  return { key: `${prefix}_${randomBytes(32).toString('base64url')}`, key_id, prefix }
}

/** Checks shape and length only, so that a text of another shape is refused without a hash. */
export function parseApiKey(text: string): { kind: 'live' | 'tmp'; key_id: string } | undefined {
  if (text.length > 80) return undefined
  const match = SHAPE.exec(text)
  return match ? { kind: match[1] === 'live' ? 'live' : 'tmp', key_id: match[2]! } : undefined
}

/** The stored form of a key. The HMAC names its pepper, so that a changed pepper is not taken for a wrong key. */
export async function hashKey(
  key: string,
  pepper: Uint8Array,
): Promise<{ bcrypt_hash: string; hmac: string }> {
  const bcrypt_hash = await Bun.password.hash(key, { algorithm: 'bcrypt', cost: BCRYPT_COST })
  return { bcrypt_hash, hmac: hmacOf(key, pepper) }
}

function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64')
}

function hmacOf(key: string, pepper: Uint8Array): string {
  return `v1:${pepperId(pepper)}:${createHmac('sha256', pepper).update(key).digest('hex')}`
}

function pepperId(pepper: Uint8Array): string {
  return createHash('sha256').update('pepper').update(pepper).digest('hex').slice(0, 8)
}

/**
 * Verifies API keys. A wrong key fails on the HMAC in microseconds and never reaches bcrypt; a right one pays bcrypt once
 * and is then remembered by its SHA-256 for at most a minute. Revocation and expiry are checked on every call.
 */
export class KeyVerifier {
  readonly #store: KeyStore
  readonly #pepper: Uint8Array
  readonly #bcrypt: (key: string, hash: string) => Promise<boolean>
  readonly #remembered = new LRUCache<string, { key_id: string; until: number }>({ max: REMEMBERED_MAX })
  readonly #checking = new Map<string, Promise<boolean>>()
  /** Its queue is bounded by the requests of right keys: a wrong one never gets here. */
  readonly #hashing = pLimit(BCRYPT_AT_ONCE_MAX)

  constructor(
    store: KeyStore,
    pepper: Uint8Array,
    bcrypt: (key: string, hash: string) => Promise<boolean> = (key, hash) => Bun.password.verify(key, hash),
  ) {
    this.#store = store
    this.#pepper = pepper
    this.#bcrypt = bcrypt
  }

  async verify(key: string, now_ms: number): Promise<Verdict> {
    const parsed = parseApiKey(key)
    if (!parsed) return { ok: false, reason: 'malformed' }
    const stored = await this.#store.find(parsed.key_id)
    if (!stored || stored.kind !== parsed.kind) return { ok: false, reason: 'unknown' }
    if (!(await this.#isRight(key, stored, now_ms))) return { ok: false, reason: 'wrong', stored }
    if (stored.revoked_at !== null || hasEnded(stored)) {
      this.#remembered.delete(digestOf(key))
      return { ok: false, reason: 'revoked', stored }
    }
    if (passed(stored.expires_at, now_ms) || passed(stored.sub_agent_expires_at, now_ms))
      return { ok: false, reason: 'expired', stored }
    return { ok: true, stored }
  }

  async #isRight(key: string, stored: StoredKey, now_ms: number): Promise<boolean> {
    const expected = hmacOf(key, this.#pepper)
    const same_pepper = stored.hmac.startsWith(`v1:${pepperId(this.#pepper)}:`)
    if (same_pepper && !sameText(expected, stored.hmac)) return false
    const digest = digestOf(key)
    const known = this.#remembered.get(digest)
    if (known && known.until > now_ms && same_pepper) return true
    let checking = this.#checking.get(digest)
    if (!checking) {
      checking = this.#hashing(() => this.#bcrypt(key, stored.bcrypt_hash)).finally(() =>
        this.#checking.delete(digest),
      )
      this.#checking.set(digest, checking)
    }
    if (!(await checking)) return false
    this.#remembered.set(digest, { key_id: stored.key_id, until: now_ms + REMEMBER_MS })
    if (!same_pepper) await this.#store.rewriteHmac(stored, expected)
    return true
  }
}

/** The sub-agent has ended, or the agent is no active member. */
function hasEnded(stored: StoredKey): boolean {
  if (stored.sub_agent_id !== null) return stored.sub_agent_status !== 'active'
  return stored.member_status !== 'active'
}

function passed(time: string | null, now_ms: number): boolean {
  return time !== null && Date.parse(time) <= now_ms
}
