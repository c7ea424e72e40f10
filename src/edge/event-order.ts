import type { LogEvent, PublishedBatch, UserNotification } from '../contracts/log-event.ts'
import { backOff, isTransient } from './retry.ts'

/** Published events that wait while a hole is filled. More are dropped and read from the database instead. */
const PENDING_EVENTS_MAX = 1_000
/** Reads of a hole that fail for another reason than an absent database, in a row, before the edge gives up. */
const FAILURES_MAX = 5

interface Ports {
  /** Events after `after`, up to `until`, at most a page. */
  read(after: number, until: number): Promise<readonly LogEvent[]>
  /** Notifications of connected users that follow from events of a range. */
  notifications(after: number, until: number): Promise<UserNotification[]>
  /** Takes the next event. `complete` is false when `notifications` holds those of connected users only. */
  apply(event: LogEvent, notifications: readonly UserNotification[], complete: boolean): void
  /** Counts holes that are filled. */
  hole?(): void
  failed(stage: string, error: unknown): void
  /** Events cannot be delivered any more; nothing is applied after this. */
  gaveUp(error: unknown): void
}

/**
 * Applies an org's events exactly once and in order: known ones are skipped, a hole before a batch is filled from the
 * database first. The publisher may therefore lose or repeat batches.
 */
export class EventOrder {
  readonly #ports: Ports
  #seen: number
  /** Highest sequence that is known to be stored. */
  #target: number
  #filling: Promise<void> | undefined
  #pending: PublishedBatch[] = []
  #pending_events = 0
  #over = false

  constructor(head: number, ports: Ports) {
    this.#seen = head
    this.#target = head
    this.#ports = ports
  }

  /** Sequence of the last event that was applied. */
  get head(): number {
    return this.#seen
  }

  deliver(batch: PublishedBatch): void {
    const first = batch.events[0]?.sequence
    const last = batch.events.at(-1)?.sequence
    if (this.#over || first === undefined || last === undefined || last <= this.#seen) return
    if (this.#filling) this.#postpone(batch, last)
    else if (first <= this.#seen + 1) this.#apply(batch.events, batch.notifications, true)
    else {
      this.#postpone(batch, last)
      this.#target = Math.max(this.#target, first - 1)
      this.#filling = this.#fill()
    }
  }

  /** Applies everything up to `head`; settles when that is done or given up. */
  async catchUpTo(head: number): Promise<void> {
    // A fill that is under way goes on up to the new target.
    this.#target = Math.max(this.#target, head)
    if (this.#target > this.#seen && !this.#over) this.#filling ??= this.#fill()
    await this.#filling
  }

  stop(): void {
    this.#over = true
    this.#pending = []
  }

  #postpone(batch: PublishedBatch, last: number): void {
    this.#pending.push(batch)
    this.#pending_events += batch.events.length
    if (this.#pending_events <= PENDING_EVENTS_MAX) return
    this.#target = Math.max(this.#target, last)
    this.#pending = []
    this.#pending_events = 0
  }

  async #fill(): Promise<void> {
    this.#ports.hole?.()
    try {
      while (this.#seen < this.#target && !this.#over) {
        const { events, notifications } = await this.#readPage()
        if (!this.#over) this.#apply(events, notifications, false)
      }
      this.#filling = undefined
      this.#pending_events = 0
      for (const batch of this.#pending.splice(0)) this.deliver(batch)
    } catch (error) {
      this.#filling = undefined
      this.stop()
      this.#ports.gaveUp(error)
    }
  }

  /** Pauses between tries; throws after several errors that waiting does not mend. */
  async #readPage(): Promise<{ events: readonly LogEvent[]; notifications: UserNotification[] }> {
    for (let attempt = 1, failures = 0; ; attempt++) {
      try {
        const events = await this.#ports.read(this.#seen, this.#target)
        if (events[0]?.sequence !== this.#seen + 1) throw new Error(`Event ${this.#seen + 1} is not stored`)
        const last = events.at(-1)?.sequence ?? this.#seen
        return { events, notifications: await this.#ports.notifications(this.#seen, last) }
      } catch (error) {
        if (!isTransient(error)) {
          this.#ports.failed('fill a hole at the edge', error)
          if (++failures >= FAILURES_MAX) throw error
        }
        if (this.#over) return { events: [], notifications: [] }
        await backOff(attempt)
      }
    }
  }

  #apply(events: readonly LogEvent[], notifications: readonly UserNotification[], complete: boolean): void {
    for (const event of events) {
      const { sequence } = event
      if (sequence <= this.#seen) continue
      this.#seen = sequence
      const theirs =
        notifications.length === 0
          ? notifications
          : notifications.filter(({ event_sequence }) => event_sequence === sequence)
      this.#ports.apply(event, theirs, complete)
    }
  }
}
