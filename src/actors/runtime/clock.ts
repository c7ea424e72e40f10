/** Time as actors see it: injected, so that tests control it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Calls `fire` once after `delay_ms`, at the latest after {@link TIMER_MS_MAX}. Returns a function that cancels it. */
  after(delay_ms: number, fire: () => void): () => void
}

/** A longer `setTimeout` fires at once. A deadline that is further away is an alarm in the database. */
export const TIMER_MS_MAX = 24 * 24 * 60 * 60 * 1000

/** The delay that a timer is set with: neither negative nor NaN, and not beyond {@link TIMER_MS_MAX}. */
export function timerDelay(delay_ms: number): number {
  return delay_ms > 0 ? Math.min(delay_ms, TIMER_MS_MAX) : 0
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay_ms, fire) {
    const handle = setTimeout(fire, timerDelay(delay_ms))
    return () => clearTimeout(handle)
  },
}
