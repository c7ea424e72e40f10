/** One record a minute per key. */
const WINDOW_MS = 60_000
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

/**
 * Records of what may happen often, e.g. failed sign-ins: the first occurrence of a key is written at once, the others of
 * its minute as one record with their number. Nobody waits for a write.
 */
export class ThrottledRecords {
  readonly #windows = new Map<string, Window>()
  readonly #after: After
  readonly #failed: (error: unknown) => void
  readonly #keys_max: number

  constructor(after: After, failed: (error: unknown) => void, keys_max = KEYS_MAX) {
    this.#after = after
    this.#failed = failed
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
    this.#open(key, write)
    this.#write(write, 1)
  }

  #open(key: string, write: Write): void {
    const cancel = this.#after(WINDOW_MS, () => {
      const ended = this.#close(key)
      // A record was written just now, so the next minute begins.
      if (ended && ended.count > 0) this.#open(key, ended.write)
    })
    this.#windows.set(key, { count: 0, write, cancel })
  }

  #close(key: string): Window | undefined {
    const window = this.#windows.get(key)
    if (!window) return undefined
    window.cancel()
    this.#windows.delete(key)
    if (window.count > 0) this.#write(window.write, window.count)
    return window
  }

  #write(write: Write, count: number): void {
    write(count).catch(this.#failed)
  }
}
