/** Clock and timers as a port, so that tests control the time. */
export interface Timers {
  now(): number
  /** Runs once after `delay_ms`; returns a function that cancels it. */
  after(delay_ms: number, run: () => void): () => void
}

export const realTimers: Timers = {
  now: () => Date.now(),
  after(delay_ms, run) {
    const id = setTimeout(run, delay_ms)
    return () => clearTimeout(id)
  },
}
