import type { Absence } from '../domain/deliveries.ts'

/** An agent without a connection is here for this time after a call: longer than the usual interval of polling. */
export const RECENT_CALL_MS = 90_000

/**
 * Which members of an org are here: those with an open stream or socket, and agents that called recently. One entry per
 * member; it is kept with the connections, so it wakes no actor and costs no statement.
 */
export class Attendance {
  /** Open streams and sockets of each member that has some. */
  readonly #connections = new Map<string, number>()
  /** Time of the last call of each agent that is here by its calls alone, the oldest first. */
  readonly #called_at = new Map<string, number>()
  /** End of the last stay of members that are away. */
  readonly #left_at = new Map<string, number>()
  readonly #changed: (user_id: string) => void

  /** `changed` is called when a member comes, goes, or opens a connection after calls alone. */
  constructor(changed: (user_id: string) => void) {
    this.#changed = changed
  }

  get size(): number {
    return this.#connections.size + this.#called_at.size
  }

  isHere(user_id: string): boolean {
    return this.#connections.has(user_id) || this.#called_at.has(user_id)
  }

  /** Whether a member is here by its calls alone. */
  isCalling(user_id: string): boolean {
    return this.#called_at.has(user_id)
  }

  here(): string[] {
    return [...this.#connections.keys(), ...this.#called_at.keys()]
  }

  /** End of the last stay, in milliseconds since 1970; undefined when it was not seen here. */
  leftAt(user_id: string): number | undefined {
    return this.#left_at.get(user_id)
  }

  /** Since when a member is away, as far as it was seen here; undefined while the member is here. */
  absenceOf(user_id: string): Absence | undefined {
    if (this.isHere(user_id)) return undefined
    const left_at = this.leftAt(user_id)
    return { since: left_at === undefined ? null : new Date(left_at).toISOString() }
  }

  opened(user_id: string): void {
    const was_connected = this.#connections.has(user_id)
    this.#called_at.delete(user_id)
    this.#connections.set(user_id, (this.#connections.get(user_id) ?? 0) + 1)
    if (!was_connected) this.#came(user_id)
  }

  /** The end of the last connection ends the stay at once: calls before it do not count. */
  closed(user_id: string, now: number): void {
    const left = (this.#connections.get(user_id) ?? 0) - 1
    if (left > 0) {
      this.#connections.set(user_id, left)
      return
    }
    if (this.#connections.delete(user_id)) this.#went(user_id, now)
  }

  /** A call of an agent. */
  called(user_id: string, now: number): void {
    if (this.#connections.has(user_id)) return
    const was_here = this.#called_at.delete(user_id)
    this.#called_at.set(user_id, now)
    if (!was_here) this.#came(user_id)
  }

  /** Ends the stays of agents whose last call is too long ago. */
  expire(now: number): void {
    for (const [user_id, called_at] of this.#called_at) {
      if (now - called_at <= RECENT_CALL_MS) return
      this.#called_at.delete(user_id)
      this.#went(user_id, called_at)
    }
  }

  #came(user_id: string): void {
    this.#left_at.delete(user_id)
    this.#changed(user_id)
  }

  #went(user_id: string, at: number): void {
    this.#left_at.set(user_id, at)
    this.#changed(user_id)
  }
}
