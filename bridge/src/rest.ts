/** Without an event or an unfinished row for this long, the bridge is at rest. */
const REST_MS = 10_000

/** What the bridge did, as of `now`. Times are milliseconds since 1970. */
export interface Activity {
  now: number
  unfinished: number
  /** Of the start, or of the last event of any agent. */
  last_at: number
}

/**
 * Collects garbage once whenever the bridge comes to rest. The runtime itself collects while there is work: what the last work left
 * behind would stay in memory until the next.
 */
export class Rest {
  readonly #collect: () => void
  #collected_at: number | undefined

  constructor(collect: () => void) {
    this.#collect = collect
  }

  look({ now, unfinished, last_at }: Activity): void {
    if (unfinished > 0 || now - last_at < REST_MS) return
    if (this.#collected_at !== undefined && this.#collected_at >= last_at) return
    this.#collected_at = now
    this.#collect()
  }
}
