import { LRUCache } from 'lru-cache'

/** Calls a minute on average, and calls at once. */
export interface Rate {
  per_minute: number
  burst: number
}

export interface Taken {
  allowed: boolean
  limit: number
  remaining: number
  /** Seconds until the bucket is full again. */
  reset_s: number
  /** Seconds until the next token; 0 when one was taken. */
  retry_after_s: number
}

interface Bucket {
  tokens: number
  filled_at: number
}

/** Bounds the memory that callers can take, some 20 MiB. An evicted bucket starts full again, in the caller's favour. */
const BUCKETS_MAX = 100_000

/**
 * Token buckets, least recently used evicted: `per_minute` tokens flow in, at most `burst` are kept, each call takes one.
 * Why not a library: docs/decisions/0011-rate-limits.md.
 */
export class TokenBuckets {
  readonly #now: () => number
  readonly #buckets: LRUCache<string, Bucket>

  constructor(now: () => number, buckets_max = BUCKETS_MAX) {
    this.#now = now
    this.#buckets = new LRUCache({ max: buckets_max })
  }

  take(key: string, { per_minute, burst }: Rate): Taken {
    const now = this.#now()
    const per_ms = per_minute / 60_000
    const before = this.#buckets.get(key)
    // A clock that steps back adds nothing.
    const added = before ? Math.max(0, now - before.filled_at) * per_ms : 0
    const filled = before ? Math.min(burst, before.tokens + added) : burst
    const allowed = filled >= 1
    const tokens = allowed ? filled - 1 : filled
    if (before) {
      before.tokens = tokens
      before.filled_at = now
    } else this.#buckets.set(key, { tokens, filled_at: now })
    return {
      allowed,
      limit: burst,
      remaining: Math.floor(tokens),
      reset_s: Math.ceil((burst - tokens) / per_ms / 1000),
      retry_after_s: allowed ? 0 : Math.max(1, Math.ceil((1 - filled) / per_ms / 1000)),
    }
  }
}
