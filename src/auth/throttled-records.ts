/** One record a minute per key. */
const WINDOW_MS = 60_000
/** Claimed after the window of this node has begun, so that the claim is over before the next one. */
const CLAIM_MS = 59_000
/** Bounds the timers; at the bound the oldest window is closed early and its count written. */
const KEYS_MAX = 10_000

type Write = (count: number) => Promise<unknown>

interface Window {
  /** Occurrences since the last record. */
  count: number
  write: Write
  cancel(): void
}

/** Runs `fire` after a delay; returns a function that cancels it. */
type After = (delay_ms: number, fire: () => void) => () => void

/** Whether no node has written a record of the key within this time. Must not reject. */
type IsFirst = (key: string, within_ms: number) => Promise<boolean>

/**
 * Records of what may happen often, e.g. failed sign-ins: the first occurrence of a key is written at once, the others of
 * its minute as one record with their number. Nobody waits for a write. Of several nodes one writes in a minute; the others
 * keep their numbers for a later one.
 */
export class ThrottledRecords {
  readonly #windows = new Map<string, Window>()
  readonly #after: After
  readonly #failed: (error: unknown) => void
  readonly #is_first: IsFirst | undefined
  readonly #keys_max: number

  constructor(after: After, failed: (error: unknown) => void, is_first?: IsFirst, keys_max = KEYS_MAX) {
    this.#after = after
    this.#failed = failed
    this.#is_first = is_first
    this.#keys_max = keys_max
  }

  add(key: string, write: Write): void {
    const window = this.#windows.get(key)
    if (window) {
      window.count++
      window.write = write
      return
    }
    const [oldest] = this.#windows.keys()
    if (this.#windows.size >= this.#keys_max && oldest !== undefined) this.#close(oldest)
    this.#writeAndWait(key, write, 1)
  }

  /** Writes what was counted and begins the next minute with nothing; with the same when another node has written. */
  #writeAndWait(key: string, write: Write, count: number): void {
    const window = this.#open(key, write)
    if (!this.#is_first) {
      this.#write(write, count)
      return
    }
    void this.#is_first(key, CLAIM_MS).then((is_first) => {
      if (is_first || this.#windows.get(key) !== window) this.#write(write, count)
      else window.count += count
    })
  }

  #open(key: string, write: Write): Window {
    const cancel = this.#after(WINDOW_MS, () => {
      const { count } = window
      this.#windows.delete(key)
      // A record is written now, so the next minute begins.
      if (count > 0) this.#writeAndWait(key, window.write, count)
    })
    const window: Window = { count: 0, write, cancel }
    this.#windows.set(key, window)
    return window
  }

  #close(key: string): void {
    const window = this.#windows.get(key)
    if (!window) return
    window.cancel()
    this.#windows.delete(key)
    if (window.count > 0) this.#write(window.write, window.count)
  }

  #write(write: Write, count: number): void {
    write(count).catch(this.#failed)
  }
}
