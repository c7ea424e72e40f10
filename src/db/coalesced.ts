/** Keys of one read at most: a statement stays small, the rest goes with the next one. */
const KEYS_MAX = 1_000

/**
 * Point reads that coalesce under load: while one read is under way, further keys queue and go together in the next.
 * A single reader pays one round trip as before; thousands that come at once share a few statements.
 */
export class CoalescedReads<Value> {
  readonly #read: (keys: string[]) => Promise<ReadonlyMap<string, Value>>
  readonly #missing: Value
  readonly #onIdle: () => void
  #queue = new Map<string, PromiseWithResolvers<Value>[]>()
  #reading = false

  /** `read` answers values by key; a key that it leaves out gets `missing`. */
  constructor(
    read: (keys: string[]) => Promise<ReadonlyMap<string, Value>>,
    missing: Value,
    /** Called when no read is under way and none is queued. */
    onIdle: () => void = () => undefined,
  ) {
    this.#read = read
    this.#missing = missing
    this.#onIdle = onIdle
  }

  get(key: string): Promise<Value> {
    const promise = Promise.withResolvers<Value>()
    const waiting = this.#queue.get(key)
    if (waiting) waiting.push(promise)
    else this.#queue.set(key, [promise])
    if (!this.#reading) void this.#work()
    return promise.promise
  }

  async #work(): Promise<void> {
    this.#reading = true
    // Keys of the same turn of the event loop share the first read.
    await Promise.resolve()
    while (this.#queue.size > 0) {
      const batch = [...this.#queue].slice(0, KEYS_MAX)
      for (const [key] of batch) this.#queue.delete(key)
      await this.#readBatch(batch)
    }
    this.#reading = false
    this.#onIdle()
  }

  async #readBatch(batch: [string, PromiseWithResolvers<Value>[]][]): Promise<void> {
    try {
      const found = await this.#read(batch.map(([key]) => key))
      for (const [key, promises] of batch)
        for (const { resolve } of promises) resolve(found.get(key) ?? this.#missing)
    } catch (error) {
      for (const [, promises] of batch) for (const { reject } of promises) reject(error)
    }
  }
}
