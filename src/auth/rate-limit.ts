export interface Taken {
  allowed: boolean
  limit: number
  remaining: number
  /** Seconds until the bucket is full again. */
  reset_s: number
  retry_after_s: number
}

interface Bucket {
  tokens: number
  filled_at: number
}

/** Buckets that are kept; the longest unused goes first and starts full again, which favours the caller. */
const BUCKETS_MAX = 100_000

/** Token buckets: `per_minute` tokens flow in, at most `burst` are kept, each call takes one. */
export class TokenBuckets {
  readonly #now: () => number
  readonly #buckets = new Map<string, Bucket>()
  readonly #size_max: number

  constructor(now: () => number, size_max = BUCKETS_MAX) {
    this.#now = now
    this.#size_max = size_max
  }

  take(key: string, rate: { per_minute: number; burst: number }): Taken {
    const now = this.#now()
    const per_ms = rate.per_minute / 60_000
    const before = this.#buckets.get(key)
    const filled = before
      ? Math.min(rate.burst, before.tokens + Math.max(0, now - before.filled_at) * per_ms)
      : rate.burst
    const allowed = filled >= 1
    const tokens = allowed ? filled - 1 : filled
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens, filled_at: now })
    if (this.#buckets.size > this.#size_max) {
      const [oldest] = this.#buckets.keys()
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    return {
      allowed,
      limit: rate.burst,
      remaining: Math.floor(tokens),
      reset_s: Math.ceil((rate.burst - tokens) / per_ms / 1000),
      retry_after_s: allowed ? 0 : Math.max(1, Math.ceil((1 - filled) / per_ms / 1000)),
    }
  }
}
