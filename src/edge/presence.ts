/**
 * Bytes of presence that one org may send per second. A channel of thousands of users costs megabytes each time its set
 * changes, and so does a crowd that connects to thousands of channels; over the budget presence comes later.
 */
const BUDGET_BYTES = 4 * 1024 * 1024
/** Cost of looking at one connection, in the same unit: bounds the time of an announcement that sends nothing. */
const LOOK_BYTES = 64

/** Takes a frame for one connection: `busy` when its peer is behind, `gone` when it is not needed any more. */
export type SendPresence = (channel_id: string, text: string) => 'sent' | 'busy' | 'gone'

/** Frames that a new connection has not got yet. */
interface Debt {
  user_id: string
  channel_ids: string[]
  send: SendPresence
}

/** The users who are here in a channel, and the number of the sockets that are told. */
export interface Audience {
  readonly user_ids: Iterable<string>
  /** Those of them that are here by calls alone. */
  readonly calling_ids?: readonly string[]
  /** What agents work on in the channel. */
  readonly working?: readonly { agent_id: string; seq: number }[]
  readonly size: number
}

/**
 * Which users are here in each channel of an org: a set that is announced when it changes, coalesced. It belongs to the
 * connections and is kept with them, so a connect wakes no actor and costs no statement.
 */
export class Presence {
  readonly #audience: (channel_id: string) => Audience
  /** Channels whose set may differ from the announced one, in the order in which they changed. */
  readonly #changed = new Set<string>()
  /** The last frame of each channel with connected users. */
  readonly #announced = new Map<string, string>()
  readonly #debts: Debt[] = []
  #budget = BUDGET_BYTES

  constructor(audience: (channel_id: string) => Audience) {
    this.#audience = audience
  }

  /** A user connected. A second connection of a user changes nothing. */
  joined(channel_id: string, user_id: string): void {
    if (!this.#includes(channel_id, user_id)) this.#changed.add(channel_id)
  }

  /** A user left, or something else of the channel's presence changed. */
  changed(channel_id: string): void {
    this.#changed.add(channel_id)
  }

  /** Sends the announced sets of channels to a new connection of the user, at once as far as the budget goes. */
  welcome(user_id: string, channel_ids: readonly string[], send: SendPresence): void {
    // The user is new in the other channels: they are announced anyway.
    const known = channel_ids.filter((channel_id) => this.#includes(channel_id, user_id))
    if (known.length === 0) return
    this.#debts.push({ user_id, channel_ids: known, send })
    this.#payDebts()
  }

  /** Announces channels whose set changed, then goes on with welcomes; called once a second. */
  announce(send: (channel_id: string, text: string) => void): void {
    this.#budget = Math.min(BUDGET_BYTES, this.#budget + BUDGET_BYTES)
    this.#announceChanges(send)
    this.#payDebts()
  }

  #payDebts(): void {
    for (let left = this.#debts.length; left > 0 && this.#budget > 0; left--) {
      const debt = this.#debts.shift()
      if (debt && this.#pay(debt) === 'busy') this.#debts.push(debt)
    }
  }

  #pay({ user_id, channel_ids, send }: Debt): 'done' | 'busy' {
    for (let channel_id = channel_ids.at(-1); channel_id !== undefined; channel_id = channel_ids.at(-1)) {
      if (this.#budget <= 0) return 'busy'
      const text = this.#includes(channel_id, user_id) ? this.#announced.get(channel_id) : undefined
      this.#budget -= LOOK_BYTES + (text?.length ?? 0)
      const sent = text === undefined ? 'sent' : send(channel_id, text)
      if (sent === 'gone') return 'done'
      if (sent === 'busy') return 'busy'
      channel_ids.pop()
    }
    return 'done'
  }

  #announceChanges(send: (channel_id: string, text: string) => void): void {
    for (const channel_id of this.#changed) {
      if (this.#budget <= 0) return
      this.#changed.delete(channel_id)
      const { user_ids, calling_ids = [], working = [], size } = this.#audience(channel_id)
      this.#budget -= LOOK_BYTES * (size + 1)
      if (size === 0) {
        this.#announced.delete(channel_id)
        continue
      }
      const here = new Set(user_ids)
      const at_work = working.filter(({ agent_id }) => here.has(agent_id))
      const text = JSON.stringify({
        type: 'presence',
        channel_id,
        user_ids: [...here].sort(),
        ...(at_work.length > 0 ? { working: at_work.map(({ agent_id, seq }) => ({ agent_id, seq })) } : {}),
        ...(calling_ids.length > 0 ? { calling_ids: calling_ids.toSorted() } : {}),
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
