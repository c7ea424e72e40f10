import type { UserNotification } from '../contracts/log-event.ts'

/** Notifications remembered; the oldest are dropped first. */
const KEPT_MAX = 1_000

/**
 * Which users the last events notified, so that replaying those events asks the database only for users who have
 * something there. The notifications themselves are read from storage: they may have been marked as read meanwhile.
 */
export class NotifiedUsers {
  /** Everything after this sequence is complete. */
  #after: number
  #kept: { user_id: string; event_sequence: number }[] = []

  constructor(head: number) {
    this.#after = head
  }

  add(notifications: readonly UserNotification[]): void {
    for (const { user_id, event_sequence } of notifications) this.#kept.push({ user_id, event_sequence })
    if (this.#kept.length <= KEPT_MAX) return
    const dropped = this.#kept.splice(0, this.#kept.length - KEPT_MAX)
    this.#after = dropped.at(-1)?.event_sequence ?? this.#after
  }

  /** Starts anew after an event of which not all notifications are known. */
  restart(sequence: number): void {
    this.#after = sequence
    this.#kept = []
  }

  /** False when events after `after` and up to `until` certainly notified the user of nothing. */
  mayInclude(user_id: string, after: number, until: number): boolean {
    if (after < this.#after) return true
    return this.#kept.some(
      (kept) => kept.user_id === user_id && kept.event_sequence > after && kept.event_sequence <= until,
    )
  }
}
