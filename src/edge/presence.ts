/**
 * Bytes of presence that one org may send per announcement, that is per second. A channel with thousands of users costs
 * megabytes each time its set changes; over the budget its next announcement comes later.
 */
const BUDGET_BYTES = 4 * 1024 * 1024
/** Cost of looking at one connection, in the same unit: bounds the time of an announcement that sends nothing. */
const LOOK_BYTES = 64

/** The connections of a channel. */
export interface Audience {
  readonly user_ids: Iterable<string>
  readonly size: number
}

/**
 * Which users are connected to each channel of an org: a set that is told when it changes, coalesced. It belongs to the
 * connections and is kept with them, so a connect wakes no actor and costs no statement.
 */
export class Presence {
  readonly #audience: (channel_id: string) => Audience
  /** Channels whose set may differ from the announced one, in the order in which they changed. */
  readonly #changed = new Set<string>()
  /** The last frame of each channel with connected users. */
  readonly #announced = new Map<string, string>()
  #budget = BUDGET_BYTES

  constructor(audience: (channel_id: string) => Audience) {
    this.#audience = audience
  }

  /** A user connected. A second connection of a user changes nothing. */
  joined(channel_id: string, user_id: string): void {
    if (!this.#includes(channel_id, user_id)) this.#changed.add(channel_id)
  }

  left(channel_id: string): void {
    this.#changed.add(channel_id)
  }

  /** The frame for a new connection of the user; undefined when an announcement is about to tell it anyway. */
  frameFor(channel_id: string, user_id: string): string | undefined {
    return this.#includes(channel_id, user_id) ? this.#announced.get(channel_id) : undefined
  }

  /** Announces channels whose set changed, as far as the budget goes; called once a second. */
  announce(send: (channel_id: string, text: string) => void): void {
    this.#budget = Math.min(BUDGET_BYTES, this.#budget + BUDGET_BYTES)
    for (const channel_id of this.#changed) {
      if (this.#budget <= 0) return
      this.#changed.delete(channel_id)
      const { user_ids, size } = this.#audience(channel_id)
      this.#budget -= LOOK_BYTES * (size + 1)
      if (size === 0) {
        this.#announced.delete(channel_id)
        continue
      }
      const text = JSON.stringify({
        type: 'presence',
        channel_id,
        user_ids: [...new Set(user_ids)].sort(),
      })
      if (text === this.#announced.get(channel_id)) continue
      this.#announced.set(channel_id, text)
      this.#budget -= text.length * size
      send(channel_id, text)
    }
  }

  #includes(channel_id: string, user_id: string): boolean {
    return this.#announced.get(channel_id)?.includes(user_id) ?? false
  }
}
