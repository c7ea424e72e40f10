/**
 * This node's estimate of the database's clock, so rows of all nodes carry one time. Monotonic: a later batch is never
 * dated before an earlier one.
 */
export class DatabaseClock {
  #offset_ms = 0
  #last_ms = 0

  heard(database_ms: number, asked_at_ms: number): void {
    this.#offset_ms = database_ms - (asked_at_ms + Date.now()) / 2
  }

  now(): string {
    this.#last_ms = Math.max(this.#last_ms, Math.floor(Date.now() + this.#offset_ms))
    return new Date(this.#last_ms).toISOString()
  }
}
