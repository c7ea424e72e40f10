import type { Timers } from '../../src/realtime/timers.ts'

/** A clock that a test turns. */
export class FakeTimers implements Timers {
  #now = 1_000_000
  #next = 0
  readonly #due = new Map<number, { at: number; run: () => void }>()

  now(): number {
    return this.#now
  }

  after(delay_ms: number, run: () => void): () => void {
    const id = this.#next++
    this.#due.set(id, { at: this.#now + delay_ms, run })
    return () => this.#due.delete(id)
  }

  /** Runs everything that falls due in the next `ms`, in order. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const [id, next] = [...this.#due].sort(([a, x], [b, y]) => x.at - y.at || a - b)[0] ?? []
      if (id === undefined || next === undefined || next.at > until) break
      this.#due.delete(id)
      this.#now = next.at
      next.run()
    }
    this.#now = until
  }

  get waiting(): number {
    return this.#due.size
  }
}
