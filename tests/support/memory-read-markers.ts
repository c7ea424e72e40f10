import type { ChannelPorts } from '../../src/actors/channel/requests.ts'
import type { ReadMarker } from '../../src/contracts/calls.ts'

/** Read markers of one channel in memory; read-markers-contract.ts says what holds for both. */
export class MemoryReadMarkers {
  /** Every marker that was asked for, in order; negative: back to before it. */
  readonly saved: [user_id: string, seq: number][] = []
  readonly #channel_id: string
  readonly #lastSeq: () => number
  readonly #markers = new Map<string, { read_seq: number; rewinds: number }>()

  constructor(channel_id: string, lastSeq: () => number) {
    this.#channel_id = channel_id
    this.#lastSeq = lastSeq
  }

  markRead: ChannelPorts['markRead'] = async (_org_id, channel_id, user_id, seq, rewinds) => {
    if (channel_id !== this.#channel_id) return undefined
    this.saved.push([user_id, seq])
    const before = this.#of(user_id)
    const current = rewinds === undefined || rewinds === before.rewinds
    const read_seq = current ? Math.max(before.read_seq, Math.min(seq, this.#lastSeq())) : before.read_seq
    return this.#set(user_id, { ...before, read_seq })
  }

  markUnread: ChannelPorts['markUnread'] = async (_org_id, channel_id, user_id, seq) => {
    if (channel_id !== this.#channel_id) return undefined
    this.saved.push([user_id, -seq])
    const { read_seq, rewinds } = this.#of(user_id)
    return this.#set(user_id, { read_seq: Math.min(read_seq, seq - 1), rewinds: rewinds + 1 })
  }

  #of(user_id: string) {
    return this.#markers.get(user_id) ?? { read_seq: 0, rewinds: 0 }
  }

  #set(user_id: string, marker: { read_seq: number; rewinds: number }): ReadMarker {
    this.#markers.set(user_id, marker)
    const { read_seq, rewinds } = marker
    const unread_count = this.#lastSeq() - read_seq
    return { read_seq, unread_count, mention_count: 0, ...(rewinds > 0 ? { rewinds } : {}) }
  }
}
