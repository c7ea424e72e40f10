/** Users whose unsaved markers are kept; with one more they are saved at once instead of after the pause. */
export const UNSAVED_READS_MAX = 1_000

/** Read markers of WebSocket clients between two saves: the furthest of each user. */
export class ReadMarkers {
  #unsaved = new Map<string, number>()

  get size(): number {
    return this.#unsaved.size
  }

  get full(): boolean {
    return this.#unsaved.size >= UNSAVED_READS_MAX
  }

  move(user_id: string, seq: number): void {
    this.#unsaved.set(user_id, Math.max(seq, this.#unsaved.get(user_id) ?? 0))
  }

  /** The unsaved markers; the caller saves them. */
  take(): [user_id: string, seq: number][] {
    const taken = [...this.#unsaved]
    this.#unsaved = new Map()
    return taken
  }
}
