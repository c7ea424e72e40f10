import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** `mc_ak_tmp_<id of 12>_<43 characters of base64url>`: 256 random bits, found by its id. */
const SHAPE = /^mc_ak_tmp_([0-9a-z]{12})_[A-Za-z0-9_-]{43}$/
const COST = 12
const REMEMBER_MS = 60_000

export interface NewKey {
  key: string
  key_id: string
}

export interface StoredKey {
  bcrypt_hash: string
  hmac: Uint8Array
}

export function generateKey(): NewKey {
  const key_id = randomBytes(16).toString('hex').slice(0, 12)
  return { key: `mc_ak_tmp_${key_id}_${randomBytes(32).toString('base64url')}`, key_id }
}

/** The id inside a key of the right shape; anything else is refused before anything is computed. */
export function keyIdOf(text: string): string | undefined {
  return SHAPE.exec(text)?.[1]
}

/** What is stored of a key: a slow hash, and a fast one that needs the pepper. */
export async function hashKey(key: string, pepper: string): Promise<StoredKey> {
  const bcrypt_hash = await Bun.password.hash(key, { algorithm: 'bcrypt', cost: COST })
  return { bcrypt_hash, hmac: hmacOf(key, pepper) }
}

function hmacOf(key: string, pepper: string): Uint8Array {
  return createHmac('sha256', pepper).update(key).digest()
}

/** Verifies keys: a wrong one fails in microseconds, a right one pays the slow hash once a minute at the most. */
export class Verifier {
  readonly #pepper: string
  readonly #remember: boolean
  readonly #verified = new Map<string, number>()
  bcrypt_calls = 0

  constructor(pepper: string, remember: boolean) {
    this.#pepper = pepper
    this.#remember = remember
  }

  async isRight(key: string, stored: StoredKey): Promise<boolean> {
    const hmac = hmacOf(key, this.#pepper)
    if (hmac.length !== stored.hmac.length || !timingSafeEqual(hmac, stored.hmac)) return false
    const digest = createHash('sha256').update(key).digest('base64url')
    const until = this.#verified.get(digest) ?? 0
    if (this.#remember && until > Date.now()) return true
    this.bcrypt_calls++
    if (!(await Bun.password.verify(key, stored.bcrypt_hash, 'bcrypt'))) return false
    this.#verified.set(digest, Date.now() + REMEMBER_MS)
    return true
  }
}
