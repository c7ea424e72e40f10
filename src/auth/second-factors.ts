import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { base32, stepOfCode, TOTP_DIGITS, TOTP_SECRET_BYTES } from './totp.ts'

/** A second factor as it is stored. */
export interface StoredFactor {
  /** Encrypted, see {@link SecondFactors.seal}. */
  secret: string
  /** Null until a first code has confirmed it. */
  confirmed_at: string | null
}

/** Storage of second factors. */
export interface SecondFactorStore {
  find(account_id: string): Promise<StoredFactor | undefined>
  /** Stores a secret that is not confirmed; false when the account has a confirmed one. */
  begin(account_id: string, secret: string): Promise<boolean>
  /** Confirms the secret with the step of its first code; false when it is confirmed, replaced or gone. */
  confirm(account_id: string, secret: string, step: number, code_hashes: readonly string[]): Promise<boolean>
  /** Takes the code of a step; false when a code of this step or of a later one was taken. */
  takeStep(account_id: string, step: number): Promise<boolean>
  /** Takes a recovery code; false when there is none, or it was taken. */
  takeRecoveryCode(account_id: string, code_hash: string): Promise<boolean>
  /** Replaces the recovery codes of a confirmed second factor; false without one. */
  replaceRecoveryCodes(account_id: string, code_hashes: readonly string[]): Promise<boolean>
  recoveryCodesLeft(account_id: string): Promise<number>
  remove(account_id: string): Promise<boolean>
}

export const RECOVERY_CODES = 10
/** 80 bits: no guess finds one, so a fast hash is enough. */
const RECOVERY_CODE_BYTES = 10
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * Second factors of accounts: one-time codes of an authenticator app (RFC 6238), and recovery codes for whoever lost it.
 * Secrets are encrypted under a key of the pepper: a copy of the database alone gives no codes.
 */
export class SecondFactors {
  readonly #store: SecondFactorStore
  readonly #pepper: Uint8Array
  readonly #key: Uint8Array
  readonly #now: () => number

  constructor(store: SecondFactorStore, pepper: Uint8Array, now: () => number) {
    this.#store = store
    this.#pepper = pepper
    this.#key = new Uint8Array(hkdfSync('sha256', pepper, new Uint8Array(), 'secrets of second factors', 32))
    this.#now = now
  }

  /** Whether a sign-in to the account needs a second step. */
  async isOn(account_id: string): Promise<boolean> {
    return (await this.#store.find(account_id))?.confirmed_at != null
  }

  async state(account_id: string): Promise<{ enabled_at: string | null; recovery_codes_left: number }> {
    const enabled_at = (await this.#store.find(account_id))?.confirmed_at ?? null
    return {
      enabled_at,
      recovery_codes_left: enabled_at === null ? 0 : await this.#store.recoveryCodesLeft(account_id),
    }
  }

  /** A new secret in base32, which does nothing until it is confirmed; undefined when there is a second factor. */
  async begin(account_id: string): Promise<string | undefined> {
    const secret = randomBytes(TOTP_SECRET_BYTES)
    const begun = await this.#store.begin(account_id, this.#seal(account_id, secret))
    return begun ? base32(secret) : undefined
  }

  /** Turns the second factor on with its first code. Returns the recovery codes; undefined for a wrong code. */
  async confirm(account_id: string, code: string): Promise<string[] | undefined> {
    const stored = await this.#store.find(account_id)
    const secret = stored?.confirmed_at === null ? this.#open(account_id, stored.secret) : undefined
    const step = secret && stepOfCode(secret, digitsOf(code) ?? '', this.#now())
    if (!stored || step === undefined) return undefined
    const { codes, hashes } = this.#newCodes(account_id)
    return (await this.#store.confirm(account_id, stored.secret, step, hashes)) ? codes : undefined
  }

  /** Takes a code of the authenticator, or a recovery code: each works once. */
  async take(account_id: string, typed: string): Promise<'totp' | 'recovery_code' | undefined> {
    const digits = digitsOf(typed)
    if (digits === undefined) {
      const hash = this.#hash(account_id, typed)
      return (await this.#store.takeRecoveryCode(account_id, hash)) ? 'recovery_code' : undefined
    }
    const stored = await this.#store.find(account_id)
    const secret = stored && stored.confirmed_at !== null ? this.#open(account_id, stored.secret) : undefined
    const step = secret && stepOfCode(secret, digits, this.#now())
    return step !== undefined && (await this.#store.takeStep(account_id, step)) ? 'totp' : undefined
  }

  /** New recovery codes, which end the former ones; undefined without a second factor. */
  async renewCodes(account_id: string): Promise<string[] | undefined> {
    const { codes, hashes } = this.#newCodes(account_id)
    return (await this.#store.replaceRecoveryCodes(account_id, hashes)) ? codes : undefined
  }

  /** Turns the second factor off; false without one. */
  async remove(account_id: string): Promise<boolean> {
    return await this.#store.remove(account_id)
  }

  #newCodes(account_id: string): { codes: string[]; hashes: string[] } {
    const codes = Array.from({ length: RECOVERY_CODES }, () =>
      inGroups(base32(randomBytes(RECOVERY_CODE_BYTES))),
    )
    return { codes, hashes: codes.map((code) => this.#hash(account_id, code)) }
  }

  #hash(account_id: string, code: string): string {
    const plain = code.toUpperCase().replace(/[^A-Z2-7]/g, '')
    return createHmac('sha256', this.#pepper)
      .update(`recovery code ${account_id} ${plain}`)
      .digest('base64url')
  }

  /** AES-256-GCM, bound to the account: the secret of one row is none in another. */
  #seal(account_id: string, secret: Uint8Array): string {
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(Buffer.from(account_id))
    const sealed = Buffer.concat([cipher.update(secret), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
  }

  /** Undefined under another pepper: no code is right then. */
  #open(account_id: string, text: string): Uint8Array | undefined {
    const bytes = Buffer.from(text, 'base64url')
    const cipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    })
    cipher.setAAD(Buffer.from(account_id)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    try {
      return Buffer.concat([cipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), cipher.final()])
    } catch {
      // Sealed under another pepper.
      return undefined
    }
  }
}

/** The digits of a code as people type it, `123 456` too; undefined for anything else. */
function digitsOf(typed: string): string | undefined {
  const digits = typed.replace(/[\s-]/g, '')
  return digits.length === TOTP_DIGITS && /^\d+$/.test(digits) ? digits : undefined
}

/** `ABCD-EFGH-IJKL-MNOP`: what people copy from paper. */
function inGroups(text: string): string {
  return (text.match(/.{1,4}/g) ?? []).join('-').toLowerCase()
}
