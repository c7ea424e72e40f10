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

export interface Bucket {
  tokens: number
  /** Milliseconds since 1970. */
  filled_at: number
}

/** Tokens that flow in each millisecond. */
export function tokensPerMs({ per_minute }: Rate): number {
  return per_minute / 60_000
}

/** Tokens of a bucket at a time; a new one is full. A clock that steps back adds nothing. */
export function tokensAt(bucket: Bucket | undefined, rate: Rate, now: number): number {
  if (!bucket) return rate.burst
  return Math.min(rate.burst, bucket.tokens + Math.max(0, now - bucket.filled_at) * tokensPerMs(rate))
}

/** What a call gets that finds so many tokens. */
export function takeOne(tokens: number, rate: Rate): Taken & { tokens: number } {
  const per_ms = tokensPerMs(rate)
  const allowed = tokens >= 1
  const left = allowed ? tokens - 1 : tokens
  return {
    allowed,
    limit: rate.burst,
    remaining: Math.floor(left),
    reset_s: Math.ceil((rate.burst - left) / per_ms / 1000),
    retry_after_s: allowed ? 0 : Math.max(1, Math.ceil((1 - tokens) / per_ms / 1000)),
    tokens: left,
  }
}
