import { type Clock, timerDelay } from '../../src/actors/runtime/clock.ts'

/** A clock for tests: time passes only in `advance`. Holds what clock-contract.ts says of a clock. */
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
    this.#timers.set(id, { at: this.#now + timerDelay(delay_ms), fire })
    return () => this.#timers.delete(id)
  }

  /** Lets time pass, firing timers in order and letting promises settle between them. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await settle()
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

  /** Time passes and no timer fires, as in a suspended machine. */
  suspend(ms: number): void {
    this.#now += ms
  }

  /** Timers that have not fired. */
  get waiting(): number {
    return this.#timers.size
  }
}

/** Lets everything that is ready to run, run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
