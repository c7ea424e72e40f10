import type { Message } from '../contracts/resources.ts'
import { retryWithBackoff } from './retry.ts'
import { SharedPages } from './shared-pages.ts'
import type { ChannelState, WsSink } from './ws-sink.ts'

/** The live side of a channel. */
export interface ChannelTail {
  /** Last seq of the channel that was delivered to live sockets. */
  lastSeq(channel_id: string): number
  /** Topic that the channel's messages are published to. */
  topic(channel_id: string): string
}

/** Messages of a channel after `after`, up to `until`, at most `limit`, in order. */
export type ReadMessages = (
  channel_id: string,
  after: number,
  until: number,
  limit: number,
) => Promise<Message[]>

/** A message encoded once for all sockets that miss it. */
interface MissedMessage {
  number: number
  text: string
}

/**
 * Brings sockets from the seq they know to the live tail. Every page ends at the last seq that was delivered live:
 * messages that are committed but not published yet belong to the tail alone, else a socket would get them twice.
 */
export class WsCatchUp {
  readonly #tail: ChannelTail
  readonly #pages: SharedPages<MissedMessage>
  readonly #failed: (stage: string, error: unknown) => void

  constructor(tail: ChannelTail, read: ReadMessages, failed: (stage: string, error: unknown) => void) {
    this.#tail = tail
    this.#failed = failed
    this.#pages = new SharedPages(async (channel_id, after, until, limit) => {
      const messages = await read(channel_id, after, until, limit)
      return messages.map((message) => ({
        number: message.seq,
        text: JSON.stringify({ type: 'message', message }),
      }))
    })
  }

  /** Brings channels to the tail one after another: one client causes one read at a time. Never rejects. */
  async run(sink: WsSink, channel_ids: readonly string[]): Promise<void> {
    for (const channel_id of channel_ids) await this.#channel(sink, channel_id)
  }

  async #channel(sink: WsSink, channel_id: string): Promise<void> {
    const state = sink.channels.get(channel_id)
    if (!state) return
    // The user may lose the channel, or lose and regain it, during any read.
    const wanted = () => !sink.closed && sink.channels.get(channel_id) === state
    while (wanted()) {
      await sink.room()
      if (!wanted()) return
      const delivered = this.#tail.lastSeq(channel_id)
      if (state.seq >= delivered) {
        if (sink.goLive(this.#tail.topic(channel_id), state)) return
        continue
      }
      const page = await this.#page(channel_id, state.seq, delivered, wanted)
      if (!wanted()) return
      if (page[0]?.number === state.seq + 1) await send(sink, state, page, wanted)
      else this.#resync(sink, channel_id, state)
    }
  }

  /** Empty when the messages cannot be had: removed by retention, or not readable. */
  async #page(
    channel_id: string,
    after: number,
    until: number,
    wanted: () => boolean,
  ): Promise<readonly MissedMessage[]> {
    try {
      return await retryWithBackoff(wanted, () => this.#pages.after(channel_id, after, until))
    } catch (error) {
      if (wanted()) this.#failed('catch up a channel', error)
      return []
    }
  }

  /** Tells the client to load the channel anew, and goes on from the tail. */
  #resync(sink: WsSink, channel_id: string, state: ChannelState): void {
    state.seq = this.#tail.lastSeq(channel_id)
    sink.send({ type: 'resync', channel_id, last_seq: state.seq })
  }
}

async function send(
  sink: WsSink,
  state: ChannelState,
  page: readonly MissedMessage[],
  wanted: () => boolean,
): Promise<void> {
  let next = 0
  await sink.pull(() => {
    const message = wanted() ? page[next++] : undefined
    if (message) state.seq = message.number
    return message?.text
  })
}
