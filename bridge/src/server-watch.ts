import type { Clock } from './clock.ts'
import type { ServerFacts } from './health/facts.ts'

/** Whether Mission Control answers, as the calls of all agents tell. */
export class ServerWatch {
  readonly #clock: Clock
  #facts: ServerFacts

  constructor(clock: Clock) {
    this.#clock = clock
    this.#facts = { reachable: false, since: clock.now(), version: null, reason: 'not asked yet' }
  }

  get facts(): ServerFacts {
    return this.#facts
  }

  /** One try of a call ended with this status; null without an answer. */
  called(status: number | null): void {
    const reachable = status !== null && status < 500
    if (reachable === this.#facts.reachable) return
    const reason = reachable ? null : status === null ? 'no answer' : `it answers ${status}`
    this.#facts = { ...this.#facts, reachable, since: this.#clock.now(), reason }
  }

  known(version: string): void {
    this.#facts = { ...this.#facts, version }
  }
}
