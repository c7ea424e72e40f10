import type { Clock } from './clock.ts'

interface Timer<Request> {
  request: Request
  cancel(): void
  due: boolean
}

/**
 * The named timers of one activation. A due timer puts its name into the mailbox; its request is taken when that item
 * comes to its turn, so that clearing or replacing a timer also holds while it is queued. A name is queued once at the
 * most: timers need as many places in a mailbox as the actor has names for them.
 */
export class Timers<Request> {
  readonly #clock: Clock
  readonly #enqueue: (name: string) => void
  readonly #timers = new Map<string, Timer<Request>>()
  readonly #queued = new Set<string>()

  constructor(clock: Clock, enqueue: (name: string) => void) {
    this.#clock = clock
    this.#enqueue = enqueue
  }

  set(name: string, delay_ms: number, request: Request): void {
    this.#timers.get(name)?.cancel()
    const timer: Timer<Request> = { request, cancel: () => undefined, due: false }
    this.#timers.set(name, timer)
    this.#wait(name, timer, this.#clock.now() + delay_ms, delay_ms)
  }

  clear(name: string): void {
    this.#timers.get(name)?.cancel()
    this.#timers.delete(name)
  }

  clearAll(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  /** The request of a queued name; undefined when the timer was cleared or replaced meanwhile. */
  take(name: string): { request: Request } | undefined {
    this.#queued.delete(name)
    const timer = this.#timers.get(name)
    if (!timer?.due) return undefined
    this.#timers.delete(name)
    return timer
  }

  /** A runtime may fire early (a delay of more than 24 days at once), so the clock is compared again. */
  #wait(name: string, timer: Timer<Request>, due_at: number, delay_ms: number): void {
    timer.cancel = this.#clock.after(delay_ms, () => {
      const rest_ms = due_at - this.#clock.now()
      // More than the whole delay is left only when the clock was set back: the timer has waited long enough.
      if (rest_ms > 0 && rest_ms <= delay_ms) {
        this.#wait(name, timer, due_at, rest_ms)
        return
      }
      timer.due = true
      if (this.#queued.has(name)) return
      this.#queued.add(name)
      this.#enqueue(name)
    })
  }
}
