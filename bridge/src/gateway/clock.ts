/** Time as the gateway client sees it: injected, so that tests control it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Calls `fire` once after `delay_ms`. Returns a function that cancels it. */
  after(delay_ms: number, fire: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay_ms, fire) {
    const handle = setTimeout(fire, Math.max(0, delay_ms))
    return () => clearTimeout(handle)
  },
}
