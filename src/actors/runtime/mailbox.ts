import { ApiError } from '../../contracts/errors.ts'

/** Refusal at a bound: the call had no effect and may be tried again. */
export function overloaded(what: string): ApiError {
  return new ApiError('UNAVAILABLE', `Too much is waiting (${what}). Try again.`, { retry_after_s: 1 })
}

/** The array behind a mailbox drops its handled items once there are so many: rarer costs memory, more often time. */
const COMPACT_AFTER = 1_024

/** A queue with one consumer: an item is handled once the promise of its predecessor has settled. */
export class Mailbox<T> {
  readonly #items: T[] = []
  readonly #limit: number
  readonly #handle: (item: T) => Promise<void> | undefined
  #head = 0
  #busy = false
  #drained: PromiseWithResolvers<void> | undefined

  /**
   * `handle` must neither throw nor reject: the owner of the mailbox answers its callers itself. It returns a promise
   * when the next item has to wait.
   */
  constructor(limit: number, handle: (item: T) => Promise<void> | undefined) {
    this.#limit = limit
    this.#handle = handle
  }

  /** Items in the queue, without the one that is being handled. */
  get depth(): number {
    return this.#items.length - this.#head
  }

  get idle(): boolean {
    return !this.#busy
  }

  /** False when the mailbox is full: the newest item is refused, older ones keep their place. */
  push(item: T): boolean {
    if (this.depth >= this.#limit) return false
    this.pushDue(item)
    return true
  }

  /** Never refuses: for items that cannot be sent again, such as timers. The caller bounds their number. */
  pushDue(item: T): void {
    this.#items.push(item)
    if (!this.#busy) void this.#drain()
  }

  /** Resolves when no item is queued or being handled. */
  drained(): Promise<void> {
    if (!this.#busy) return Promise.resolve()
    this.#drained ??= Promise.withResolvers<void>()
    return this.#drained.promise
  }

  async #drain(): Promise<void> {
    this.#busy = true
    while (this.depth > 0) {
      const item = this.#items[this.#head++] as T
      if (this.#head > COMPACT_AFTER) {
        this.#items.splice(0, this.#head)
        this.#head = 0
      }
      const handled = this.#handle(item)
      if (handled) await handled
    }
    this.#items.length = 0
    this.#head = 0
    this.#busy = false
    this.#drained?.resolve()
    this.#drained = undefined
  }
}
