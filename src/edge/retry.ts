import { ApiError } from '../contracts/errors.ts'

/** First pause of the back-off: a restart of PostgreSQL takes less than a second. */
const PAUSE_MIN_MS = 200
/** Longest pause: a stream goes on within this time after the database is back. */
const PAUSE_MAX_MS = 3_000

/** True when the database, or a queue in front of it, refused for the moment: a later try may succeed. */
export function isTransient(error: unknown): boolean {
  return error instanceof ApiError && error.errorCode === 'UNAVAILABLE'
}

/** Waits before try number `attempt` (from 1): exponential back-off with jitter, so that readers spread out. */
export async function backOff(attempt: number): Promise<void> {
  const pause_ms = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** (attempt - 1))
  await new Promise<void>((resolve) => setTimeout(resolve, pause_ms * (0.5 + Math.random())))
}

/**
 * Runs a read and repeats it with back-off while the database is away and `wanted` holds. The last error is thrown when
 * `wanted` ends; any other error is thrown at once.
 */
export async function retryWithBackoff<T>(wanted: () => boolean, read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read()
    } catch (error) {
      if (!isTransient(error) || !wanted()) throw error
      await backOff(attempt)
      if (!wanted()) throw error
    }
  }
}
