import type { Timers } from './timers.ts'

/** Longer than the second in which the server coalesces markers, so that the counts contain the last one. */
const SETTLE_MS = 1_500
/** Channels that wait at a time. Further ones keep their estimate until their marker moves again. */
const CHANNELS_MAX = 50

/** Reads the counts of channels whose marker moved over messages that are not loaded. Debounced for each channel. */
export class CountReader {
  readonly #timers: Timers
  readonly #read: (channel_id: string) => Promise<void>
  readonly #failed: (stage: string, error: unknown) => void
  readonly #waiting = new Map<string, () => void>()

  constructor(
    timers: Timers,
    read: (channel_id: string) => Promise<void>,
    failed: (stage: string, error: unknown) => void,
  ) {
    this.#timers = timers
    this.#read = read
    this.#failed = failed
  }

  read(channel_id: string): void {
    const cancel = this.#waiting.get(channel_id)
    if (!cancel && this.#waiting.size >= CHANNELS_MAX) return
    cancel?.()
    const run = () => {
      this.#waiting.delete(channel_id)
      this.#read(channel_id).catch((error) => this.#failed('read the counts of a channel', error))
    }
    this.#waiting.set(channel_id, this.#timers.after(SETTLE_MS, run))
  }

  stop(): void {
    for (const cancel of this.#waiting.values()) cancel()
    this.#waiting.clear()
  }
}
