import type { ChannelPorts } from '../../src/actors/channel/requests.ts'

/** Read markers of one channel in memory; read-markers-contract.ts says what holds for both. */
export class MemoryReadMarkers {
  /** Every marker that was asked for, in order. */
  readonly saved: [user_id: string, seq: number][] = []
  readonly #channel_id: string
  readonly #lastSeq: () => number
  readonly #read = new Map<string, number>()

  constructor(channel_id: string, lastSeq: () => number) {
    this.#channel_id = channel_id
    this.#lastSeq = lastSeq
  }

  markRead: ChannelPorts['markRead'] = async (_org_id, channel_id, user_id, seq) => {
    if (channel_id !== this.#channel_id) return undefined
    this.saved.push([user_id, seq])
    const last_seq = this.#lastSeq()
    const read_seq = Math.max(this.#read.get(user_id) ?? 0, Math.min(seq, last_seq))
    this.#read.set(user_id, read_seq)
    return { read_seq, unread_count: last_seq - read_seq, mention_count: 0 }
  }
}
