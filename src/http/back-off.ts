import type { FailureCounts } from '../auth/back-off.ts'
import type { BackOffLimits } from '../domain/back-off.ts'
import { networkOf } from './client-ip.ts'
import { failedTooOften } from './limits.ts'

/** Counts of failures with these limits; `kind` tells them from others. */
export type MakeCounts = (kind: string, limits: BackOffLimits) => FailureCounts

/** The free ones are what the sign-in rate lets through at once. */
const SIGN_IN = { free: 10, first_ms: 1_000, max_ms: 5 * 60_000, forget_ms: 30 * 60_000 }
/** Far beyond what one address can fail, and short: strangers slow an account down, they never lock its owner out. */
const ACCOUNT = { free: 100, first_ms: 1_000, max_ms: 15_000, forget_ms: 30 * 60_000 }
/** At most some 150 guesses a day: one of 6,000 days finds a code by chance, of which three are right at a time. */
const SECOND_FACTOR = { free: 5, first_ms: 1_000, max_ms: 10 * 60_000, forget_ms: 24 * 60 * 60_000 }
/** Several agents behind one address may restart with an old key at the same time. */
const KEY = { free: 20, first_ms: 1_000, max_ms: 60_000, forget_ms: 10 * 60_000 }

/**
 * Exponential back-off after failed sign-ins: per pair of account and address, per address, and for the account as a whole
 * much later. A success clears nothing: an account that somebody made with a foreign e-mail must not reset the guesses at
 * the other accounts of that e-mail.
 */
export class SignInBackOff {
  readonly #failures: FailureCounts
  readonly #of_accounts: FailureCounts
  readonly #enabled: boolean

  constructor(make: MakeCounts, enabled: boolean) {
    this.#failures = make('sign_in', SIGN_IN)
    this.#of_accounts = make('account', ACCOUNT)
    this.#enabled = enabled
  }

  /** Throws 429 while the account or the address has to wait. */
  async check(email: string, ip: string): Promise<void> {
    await this.#check(email, [pairKey(email, ip), addressKey(ip)])
  }

  async failed(email: string, ip: string): Promise<void> {
    await Promise.all([this.guessed(email, ip), this.#failures.failed(addressKey(ip))])
  }

  /** The same for the passwords of accepted invites. Many people may join from one address, so it alone does not count. */
  async checkGuess(email: string, ip: string): Promise<void> {
    await this.#check(email, [pairKey(email, ip)])
  }

  async guessed(email: string, ip: string): Promise<void> {
    await Promise.all([
      this.#failures.failed(pairKey(email, ip)),
      this.#of_accounts.failed(email.toLowerCase()),
    ])
  }

  async #check(email: string, keys: readonly string[]): Promise<void> {
    if (!this.#enabled) return
    const waits = await Promise.all([
      this.#failures.longestWait(keys),
      this.#of_accounts.longestWait([email.toLowerCase()]),
    ])
    const wait_s = Math.max(...waits)
    if (wait_s > 0) throw failedTooOften('Too many failed attempts. Wait a little.', wait_s)
  }
}

/**
 * Exponential back-off after wrong codes of a second factor, per account: whoever gets here knows the password, and six
 * digits are few. A browser that has signed in to the account before counts by itself, so that strangers who know the
 * password cannot keep the owner out of it.
 */
export class SecondFactorBackOff {
  readonly #failures: FailureCounts
  readonly #enabled: boolean

  constructor(make: MakeCounts, enabled: boolean) {
    this.#failures = make('second_factor', SECOND_FACTOR)
    this.#enabled = enabled
  }

  /**
   * Begins a try; throws 429 while the account has to wait. It counts as failed until {@link succeeded}: of many codes that
   * are sent at once, none is free because the others have not failed yet. `device_id`: of a browser that has signed in before.
   */
  async begin(account_id: string, device_id: string | undefined): Promise<void> {
    const key = codeKey(account_id, device_id)
    const wait = this.#enabled ? this.#failures.longestWait([key]) : 0
    // No pause between both where one node counts: others would look meanwhile.
    const wait_s = wait instanceof Promise ? await wait : wait
    if (wait_s > 0) throw failedTooOften('Too many wrong codes. Wait a little.', wait_s)
    await this.#failures.failed(key)
  }

  async succeeded(account_id: string, device_id: string | undefined): Promise<void> {
    await this.#failures.succeeded(codeKey(account_id, device_id))
  }
}

/** Exponential back-off after wrong API keys, per address and, where the id names a stored key, per key. */
export class KeyBackOff {
  readonly #failures: FailureCounts
  readonly #enabled: boolean

  constructor(make: MakeCounts, enabled: boolean) {
    this.#failures = make('key', KEY)
    this.#enabled = enabled
  }

  /** Failures so far of an address and a key id, with a way to count one more. */
  async of(ip: string, key_id: string | undefined): Promise<{ blocked_s: number; add(): Promise<void> }> {
    const keys = [addressKey(ip), ...(key_id === undefined ? [] : [`k ${key_id}`])]
    return {
      blocked_s: this.#enabled ? await this.#failures.longestWait(keys) : 0,
      add: async () => {
        await Promise.all(keys.map((key) => this.#failures.failed(key)))
      },
    }
  }
}

function pairKey(email: string, ip: string): string {
  return `p ${email.toLowerCase()} ${networkOf(ip)}`
}

function codeKey(account_id: string, device_id: string | undefined): string {
  return `${account_id} ${device_id ?? 'stranger'}`
}

function addressKey(ip: string): string {
  return `i ${networkOf(ip)}`
}
