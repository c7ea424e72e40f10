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
  /** Forgotten after so long without a failure. */
  forget_ms: number
}

const KEYS_MAX = 50_000

/** Slows down whoever keeps failing under one key (an account, an address): 1 s, 2 s, 4 s… */
export class BackOff {
  readonly #now: () => number
  readonly #limits: BackOffLimits
  readonly #failures = new Map<string, Failures>()

  constructor(now: () => number, limits: BackOffLimits) {
    this.#now = now
    this.#limits = limits
  }

  /** Seconds that are left to wait; 0 when it may try. */
  blocked(key: string): number {
    const found = this.#failures.get(key)
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

  failed(key: string): void {
    const before = this.#failures.get(key)
    this.#failures.delete(key)
    this.#failures.set(key, { count: (before?.count ?? 0) + 1, last_at: this.#now() })
    if (this.#failures.size <= KEYS_MAX) return
    const [oldest] = this.#failures.keys()
    if (oldest !== undefined) this.#failures.delete(oldest)
  }

  succeeded(key: string): void {
    this.#failures.delete(key)
  }
}
