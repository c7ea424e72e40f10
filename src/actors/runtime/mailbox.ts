import { ApiError } from '../../contracts/errors.ts'

/** Refusal of a caller when something bounded is full: nothing was done. */
export function overloaded(what: string): ApiError {
  return new ApiError('UNAVAILABLE', `Too much is waiting (${what}). Try again.`, { retry_after_s: 1 })
}

/** One after another: the next item is handled when the promise of the one before has settled. */
export class Mailbox<T> {
  readonly #items: T[] = []
  readonly #limit: number
  readonly #handle: (item: T) => Promise<void> | undefined
  #head = 0
  #busy = false

  /**
   * `handle` must neither throw nor reject: whoever fills the mailbox answers its callers itself. It gives a promise
   * when the next item has to wait.
   */
  constructor(limit: number, handle: (item: T) => Promise<void> | undefined) {
    this.#limit = limit
    this.#handle = handle
  }

  /** Items that wait, without the one being handled. */
  get depth(): number {
    return this.#items.length - this.#head
  }

  get idle(): boolean {
    return !this.#busy
  }

  /** False when the mailbox is full: the newest is refused, those before it keep their place. */
  push(item: T): boolean {
    if (this.depth >= this.#limit) return false
    this.#items.push(item)
    if (!this.#busy) void this.#drain()
    return true
  }

  async #drain(): Promise<void> {
    this.#busy = true
    while (this.depth > 0) {
      const item = this.#items[this.#head++] as T
      if (this.#head > 1024) {
        this.#items.splice(0, this.#head)
        this.#head = 0
      }
      const handled = this.#handle(item)
      if (handled) await handled
    }
    this.#items.length = 0
    this.#head = 0
    this.#busy = false
  }
}
