import { LRUCache } from 'lru-cache'
import { type BackOffLimits, waitAfter } from '../domain/back-off.ts'

/** Failures by key (an account, an address), with a wait that doubles with each: 1 s, 2 s, 4 s… */
export interface FailureCounts {
  /** Seconds until all of these keys may try again; 0 when they may now. A promise only where the counts are shared by nodes. */
  longestWait(keys: readonly string[]): number | Promise<number>
  failed(key: string): void | Promise<void>
  succeeded(key: string): void | Promise<void>
}

interface Failures {
  count: number
  last_at: number
}

/** Bounds the memory that somebody who invents keys can take: some 10 MiB. The least recently failed key goes first. */
const KEYS_MAX = 50_000

/** The failures that one node has seen. */
export class BackOff implements FailureCounts {
  readonly #now: () => number
  readonly #limits: BackOffLimits
  readonly #failures: LRUCache<string, Failures>

  constructor(now: () => number, limits: BackOffLimits, keys_max = KEYS_MAX) {
    this.#now = now
    this.#limits = limits
    this.#failures = new LRUCache({ max: keys_max })
  }

  /** Seconds until the key may try again; 0 when it may try now. */
  wait(key: string): number {
    // Only failures make a key recent: a look must not keep it in memory.
    const found = this.#failures.peek(key)
    if (!found) return 0
    const since = this.#now() - found.last_at
    if (since > this.#limits.forget_ms) this.#failures.delete(key)
    return waitAfter(found.count, since, this.#limits)
  }

  longestWait(keys: readonly string[]): number {
    return Math.max(0, ...keys.map((key) => this.wait(key)))
  }

  failed(key: string): void {
    const count = (this.#failures.peek(key)?.count ?? 0) + 1
    this.#failures.set(key, { count, last_at: this.#now() })
  }

  succeeded(key: string): void {
    this.#failures.delete(key)
  }
}
