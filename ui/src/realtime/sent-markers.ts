/** Markers sent again after a reconnect. Older ones were stored: the server saves markers within a second. */
const MARKERS_MAX = 20

/** The last markers that were sent: the server may not have got those of a connection that was lost. */
export class SentMarkers {
  readonly #seqs = new Map<string, number>()

  sent(channel_id: string, seq: number): void {
    this.#seqs.delete(channel_id)
    this.#seqs.set(channel_id, seq)
    const [oldest] = this.#seqs.keys()
    if (this.#seqs.size > MARKERS_MAX && oldest !== undefined) this.#seqs.delete(oldest)
  }

  /** Markers of a restored log, where every number is another message, are forgotten. */
  clear(): void {
    this.#seqs.clear()
  }

  all(): [channel_id: string, seq: number][] {
    return [...this.#seqs]
  }
}
