import { LRUCache } from 'lru-cache'
import { type Bucket, type Rate, type Taken, takeOne, tokensAt } from '../domain/token-bucket.ts'

/** Token buckets: `per_minute` tokens flow in, at most `burst` are kept, each call takes one. */
export interface Buckets {
  /** A promise only where the buckets are shared by several nodes. Never rejects. */
  take(key: string, rate: Rate): Taken | Promise<Taken>
}

/** Bounds the memory that callers can take, some 20 MiB. An evicted bucket starts full again, in the caller's favour. */
const BUCKETS_MAX = 100_000

/**
 * Token buckets of one node, least recently used evicted. Why not a library: docs/decisions/0011-rate-limits.md.
 */
export class TokenBuckets implements Buckets {
  readonly #now: () => number
  readonly #buckets: LRUCache<string, Bucket>

  constructor(now: () => number, buckets_max = BUCKETS_MAX) {
    this.#now = now
    this.#buckets = new LRUCache({ max: buckets_max })
  }

  take(key: string, rate: Rate): Taken {
    const now = this.#now()
    const before = this.#buckets.get(key)
    const { tokens, ...taken } = takeOne(tokensAt(before, rate, now), rate)
    if (before) {
      before.tokens = tokens
      before.filled_at = now
    } else this.#buckets.set(key, { tokens, filled_at: now })
    return taken
  }
}
