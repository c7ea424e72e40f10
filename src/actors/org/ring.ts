import type { LogEvent } from '../../contracts/log-event.ts'
import { sizeOf } from '../../domain/event-json.ts'

/**
 * The last events of an org in memory, so that a short absence costs no query. A cache: the database is the truth,
 * and what is not here is read from there.
 */
export class ReplayRing {
  readonly #events: LogEvent[] = []
  readonly #events_max: number
  readonly #bytes_max: number
  #bytes = 0

  constructor(events_max: number, bytes_max: number) {
    this.#events_max = events_max
    this.#bytes_max = bytes_max
  }

  get size(): number {
    return this.#events.length
  }

  push(event: LogEvent): void {
    const last = this.#events.at(-1)
    // Never a hole inside: what follows a gap starts the ring anew.
    if (last && event.sequence !== last.sequence + 1) {
      this.#events.length = 0
      this.#bytes = 0
    }
    this.#events.push(event)
    this.#bytes += sizeOf(event)
    while (
      this.#events.length > this.#events_max ||
      (this.#bytes > this.#bytes_max && this.#events.length > 1)
    ) {
      this.#bytes -= sizeOf(this.#events.shift()!)
    }
  }

  /** Up to `limit` events that directly follow `after`; undefined when the ring does not reach back so far. */
  after(after: number, limit: number): LogEvent[] | undefined {
    const first = this.#events[0]
    if (!first || after + 1 < first.sequence) return undefined
    const start = after + 1 - first.sequence
    return this.#events.slice(start, start + limit)
  }
}
