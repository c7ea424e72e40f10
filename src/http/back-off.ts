import { BackOff } from '../auth/back-off.ts'
import { failedTooOften } from './limits.ts'

/** The free ones are what the sign-in rate lets through at once. */
const SIGN_IN = { free: 10, first_ms: 1_000, max_ms: 5 * 60_000, forget_ms: 30 * 60_000 }
/** Several agents behind one address may restart with an old key at the same time. */
const KEY = { free: 20, first_ms: 1_000, max_ms: 60_000, forget_ms: 10 * 60_000 }

/** Exponential back-off after failed sign-ins, per account and per address. */
export class SignInBackOff {
  readonly #failures: BackOff
  readonly #enabled: boolean

  constructor(now: () => number, enabled: boolean) {
    this.#failures = new BackOff(now, SIGN_IN)
    this.#enabled = enabled
  }

  /** Throws 429 while the account or the address has to wait. */
  check(email: string, ip: string): void {
    if (!this.#enabled) return
    const wait_s = this.#failures.longestWait(keysOfSignIn(email, ip))
    if (wait_s > 0) throw failedTooOften('Too many failed attempts. Wait a little.', wait_s)
  }

  failed(email: string, ip: string): void {
    for (const key of keysOfSignIn(email, ip)) this.#failures.failed(key)
  }

  /** Clears the account only: whoever knows one password must not reset an address that guesses others. */
  succeeded(email: string): void {
    this.#failures.succeeded(accountKey(email))
  }
}

/** Exponential back-off after wrong API keys, per address and, where the id names a stored key, per key. */
export class KeyBackOff {
  readonly #failures: BackOff
  readonly #enabled: boolean

  constructor(now: () => number, enabled: boolean) {
    this.#failures = new BackOff(now, KEY)
    this.#enabled = enabled
  }

  /** Failures so far of an address and a key id, with a way to count one more. */
  of(ip: string, key_id: string | undefined): { blocked_s: number; add(): void } {
    const keys = [`i ${ip}`, ...(key_id === undefined ? [] : [`k ${key_id}`])]
    return {
      blocked_s: this.#enabled ? this.#failures.longestWait(keys) : 0,
      add: () => {
        for (const key of keys) this.#failures.failed(key)
      },
    }
  }
}

function keysOfSignIn(email: string, ip: string): string[] {
  return [accountKey(email), `i ${ip}`]
}

function accountKey(email: string): string {
  return `e ${email.toLowerCase()}`
}
