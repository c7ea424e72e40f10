import { LRUCache } from 'lru-cache'

interface Failures {
  count: number
  last_at: number
}

export interface BackOffLimits {
  /** Failures that cost nothing. */
  free: number
  /** The first wait; each further failure doubles it. */
  first_ms: number
  max_ms: number
  /** A key is forgotten after so long without a failure. */
  forget_ms: number
}

/** Bounds the memory that somebody who invents keys can take: some 10 MiB. The least recently failed key goes first. */
const KEYS_MAX = 50_000

/** Exponential back-off per key (an account, an address): 1 s, 2 s, 4 s… between failures. */
export class BackOff {
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
    const { free, first_ms, max_ms, forget_ms } = this.#limits
    const since = this.#now() - found.last_at
    if (since > forget_ms) {
      this.#failures.delete(key)
      return 0
    }
    if (found.count <= free) return 0
    const wait = Math.min(max_ms, first_ms * 2 ** Math.min(30, found.count - free - 1))
    return Math.max(0, Math.ceil((wait - since) / 1000))
  }

  /** The longest {@link wait} among several keys. */
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
