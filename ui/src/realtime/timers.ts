/** Time as an argument, so that tests turn the clock. */
export interface Timers {
  now(): number
  /** Runs once after `delay_ms`; the answer cancels it. */
  after(delay_ms: number, run: () => void): () => void
}

export const realTimers: Timers = {
  now: () => Date.now(),
  after(delay_ms, run) {
    const id = setTimeout(run, delay_ms)
    return () => clearTimeout(id)
  },
}
