/** Markers that are kept unsaved; with one more they are saved at once instead of after the pause. */
export const UNSAVED_READS_MAX = 1_000

export interface UnsavedRead {
  user_id: string
  seq: number
  /** Moves back that the sender knew of. */
  rewinds?: number
}

/** Read markers of WebSocket clients between two saves: the furthest of each user and count of moves back. */
export class UnsavedReads {
  readonly #reads = new Map<string, UnsavedRead>()

  get size(): number {
    return this.#reads.size
  }

  get full(): boolean {
    return this.#reads.size >= UNSAVED_READS_MAX
  }

  add({ user_id, seq, rewinds }: UnsavedRead): void {
    const key = `${user_id} ${rewinds ?? ''}`
    const furthest = Math.max(seq, this.#reads.get(key)?.seq ?? 0)
    this.#reads.set(key, { user_id, seq: furthest, ...(rewinds === undefined ? {} : { rewinds }) })
  }

  /** The unsaved markers, all or those of one user; the caller saves them. */
  take(of_user_id?: string): UnsavedRead[] {
    const taken: UnsavedRead[] = []
    for (const [key, read] of this.#reads) {
      if (of_user_id !== undefined && read.user_id !== of_user_id) continue
      taken.push(read)
      this.#reads.delete(key)
    }
    return taken
  }
}
