import type { Marker } from './channel-counts.ts'

/** Markers sent again after a reconnect. Older ones were stored: the server saves markers within a second. */
const MARKERS_MAX = 20

/** The last markers that were sent: the server may not have got those of a connection that was lost. */
export class SentMarkers {
  readonly #markers = new Map<string, Marker>()

  sent(channel_id: string, marker: Marker): void {
    this.#markers.delete(channel_id)
    this.#markers.set(channel_id, marker)
    const [oldest] = this.#markers.keys()
    if (this.#markers.size > MARKERS_MAX && oldest !== undefined) this.#markers.delete(oldest)
  }

  clear(): void {
    this.#markers.clear()
  }

  all(): [channel_id: string, marker: Marker][] {
    return [...this.#markers]
  }
}
