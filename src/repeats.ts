/** What happens often is written at most so often: the first at once, the others together with their number. */
const WINDOW_MS = 60_000
/** Things that are counted at once; over it the oldest is written early. */
const KEYS_MAX = 10_000

interface Counted {
  count: number
  write: (count: number) => Promise<unknown>
  cancel(): void
}

/** Records of repeated failures: one row a minute for each of them, with how many there were. Never waited for. */
export class Repeats {
  readonly #counted = new Map<string, Counted>()
  readonly #after: (delay_ms: number, fire: () => void) => () => void
  readonly #failed: (error: unknown) => void
  readonly #keys_max: number

  constructor(
    after: (delay_ms: number, fire: () => void) => () => void,
    failed: (error: unknown) => void,
    keys_max = KEYS_MAX,
  ) {
    this.#after = after
    this.#failed = failed
    this.#keys_max = keys_max
  }

  /** Writes at once when `key` was not seen for a minute, else counts; the count is written when the minute is over. */
  add(key: string, write: Counted['write']): void {
    const known = this.#counted.get(key)
    if (known) {
      known.count++
      known.write = write
      return
    }
    const [oldest] = this.#counted.keys()
    if (this.#counted.size >= this.#keys_max && oldest !== undefined) this.#end(oldest)
    this.#open(key, write)
    this.#run(write, 1)
  }

  #open(key: string, write: Counted['write']): void {
    const cancel = this.#after(WINDOW_MS, () => this.#over(key))
    this.#counted.set(key, { count: 0, write, cancel })
  }

  #over(key: string): void {
    const counted = this.#end(key)
    if (counted && counted.count > 0) this.#open(key, counted.write)
  }

  #end(key: string): Counted | undefined {
    const counted = this.#counted.get(key)
    if (!counted) return undefined
    counted.cancel()
    this.#counted.delete(key)
    if (counted.count > 0) this.#run(counted.write, counted.count)
    return counted
  }

  #run(write: Counted['write'], count: number): void {
    write(count).catch(this.#failed)
  }
}
