/** Time as actors see it: injected, so that tests control it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Calls `fire` once after `delay_ms`, at the latest after {@link TIMER_MS_MAX}. Returns a function that cancels it. */
  after(delay_ms: number, fire: () => void): () => void
  /** Calls `run` in the next turn of the event loop, after ready callbacks and pending writes. */
  soon(run: () => void): void
}

/** A longer `setTimeout` fires at once. A deadline that is further away is an alarm in the database. */
export const TIMER_MS_MAX = 24 * 24 * 60 * 60 * 1000

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay_ms, fire) {
    const handle = setTimeout(fire, Math.min(Math.max(0, delay_ms), TIMER_MS_MAX))
    return () => clearTimeout(handle)
  },
  soon: (run) => void setImmediate(run),
}

/** A clock for tests: time passes only in `advance`. */
export class FakeClock implements Clock {
  #now: number
  #order = 0
  readonly #timers = new Map<number, { at: number; fire: () => void }>()

  constructor(now = 1_700_000_000_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  after(delay_ms: number, fire: () => void): () => void {
    const id = this.#order++
    this.#timers.set(id, { at: this.#now + Math.max(0, delay_ms), fire })
    return () => this.#timers.delete(id)
  }

  soon(run: () => void): void {
    queueMicrotask(run)
  }

  /** Lets time pass, firing timers in order and letting promises settle between them. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      const next = [...this.#timers]
        .filter(([, t]) => t.at <= until)
        .sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0]
      if (!next) break
      const [id, timer] = next
      this.#timers.delete(id)
      this.#now = Math.max(this.#now, timer.at)
      timer.fire()
      await settle()
    }
    this.#now = until
    await settle()
  }
}

/** Lets everything that is ready to run, run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
