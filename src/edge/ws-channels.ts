import { CLOSE } from '../contracts/close-codes.ts'
import type { HelloFrame, ServerFrame } from '../contracts/frames.ts'
import type { Channel, Message } from '../contracts/resources.ts'
import type { KnownChannel, Permissions } from '../domain/permissions.ts'
import type { Published } from './org-edge.ts'
import { patiently } from './patience.ts'
import type { ChannelState, WsSink } from './ws-sink.ts'

/** Messages read at once while a channel catches up. */
const CATCH_UP_PAGE = 200

interface Home {
  readonly org_id: string
  readonly log: string
  readonly permissions: Permissions
}

interface MessageSource {
  messages(org_id: string, channel_id: string, after: number, limit: number): Promise<Message[]>
  /** Channels among `ids` with the user's marker and counts. */
  channels(org_id: string, user_id: string, ids: readonly string[]): Promise<Channel[]>
  /** Sends a frame to every socket that joined the topic: encoded once, written by the runtime. */
  publish(topic: string, text: string): void
}

/** So much may be published between two looks at how far the readers are behind. */
const CHECK_EVERY_BYTES = 256 * 1024

/** The WebSockets of an org on this node, by channel: who gets a message, who catches up, who gained or lost access. */
export class WsChannels {
  readonly #home: Home
  readonly #source: MessageSource
  readonly #failed: (stage: string, error: unknown) => void
  readonly #sinks = new Set<WsSink>()
  readonly #by_channel = new Map<string, Set<WsSink>>()
  /** Last seq of each channel that was delivered here. */
  readonly #last_seq = new Map<string, number>()
  #unchecked_bytes = 0
  /** Channels whose set of present users may have changed since it was last told. */
  readonly #presence_changed = new Set<string>()
  /** Who is there, as it was told last: for connections that come later. */
  readonly #presence = new Map<string, ServerFrame>()

  constructor(
    home: Home,
    channels: readonly { id: string; last_seq: number }[],
    source: MessageSource,
    failed: (stage: string, error: unknown) => void,
  ) {
    this.#home = home
    this.#source = source
    this.#failed = failed
    for (const { id, last_seq } of channels) this.#last_seq.set(id, last_seq)
  }

  get size(): number {
    return this.#sinks.size
  }

  all(): WsSink[] {
    return [...this.#sinks]
  }

  ofChannel(channel_id: string): Iterable<WsSink> {
    return this.#by_channel.get(channel_id) ?? []
  }

  lastSeq(channel_id: string): number {
    return this.#last_seq.get(channel_id) ?? 0
  }

  add(sink: WsSink): void {
    this.#sinks.add(sink)
  }

  remove(sink: WsSink): void {
    this.#sinks.delete(sink)
    for (const channel_id of sink.channels.keys()) this.#leave(sink, channel_id)
  }

  /**
   * Answers a hello: which channels there are and where they stand, then for each resumed one what was missed, then
   * live. What is missed is read while live messages wait in storage; the switch is one tick.
   */
  hello(sink: WsSink, frame: HelloFrame): void {
    const channels = this.#home.permissions.readableChannels(sink.credential.viewer)
    const resume = new Map(Object.entries(frame.resume ?? {}).map(([id, seq]) => [id.toLowerCase(), seq]))
    const other_log = typeof frame.log === 'string' && frame.log !== this.#home.log
    sink.send({
      type: 'ready',
      log: this.#home.log,
      user_id: sink.user_id,
      channels: channels.map(({ id }) => ({ id, last_seq: this.lastSeq(id) })),
    })
    sink.ready = true
    const behind: string[] = []
    for (const { id } of channels) {
      const presence = this.#presence.get(id)
      if (presence && sink.flowing) sink.send(presence)
      const last_seq = this.lastSeq(id)
      const seen = resume.get(id)
      const honoured = seen !== undefined && !other_log && seen <= last_seq
      const state = this.#join(sink, id, honoured ? seen : last_seq)
      if (!honoured || seen === last_seq) sink.goLive(this.#topic(id), state)
      if (seen !== undefined && !honoured) sink.send({ type: 'resync', channel_id: id, last_seq })
      else if (honoured && seen < last_seq) behind.push(id)
    }
    void this.#catchUpAll(sink, behind)
  }

  /** Brings channels up one after another, so that one client costs one read at a time. */
  async #catchUpAll(sink: WsSink, channel_ids: readonly string[]): Promise<void> {
    for (const channel_id of channel_ids) {
      try {
        await this.#catchUp(sink, channel_id)
      } catch (error) {
        const state = sink.channels.get(channel_id)
        if (!state || sink.closed) continue
        this.#failed('catch up a channel', error)
        this.#resync(sink, channel_id, state)
      }
    }
  }

  /** What is missing cannot be had: the client loads the channel anew and is live from here. */
  #resync(sink: WsSink, channel_id: string, state: ChannelState): void {
    state.seq = this.lastSeq(channel_id)
    sink.send({ type: 'resync', channel_id, last_seq: state.seq })
    sink.goLive(this.#topic(channel_id), state)
  }

  async #catchUp(sink: WsSink, channel_id: string): Promise<void> {
    const state = sink.channels.get(channel_id)
    while (state && !sink.closed && sink.channels.get(channel_id) === state) {
      if (state.seq >= this.lastSeq(channel_id)) return sink.goLive(this.#topic(channel_id), state)
      await sink.room()
      const page = await patiently(
        () => !sink.closed,
        () => this.#source.messages(this.#home.org_id, channel_id, state.seq, CATCH_UP_PAGE),
      )
      // Retention removed what comes next.
      if (page[0]?.seq !== state.seq + 1) return this.#resync(sink, channel_id, state)
      for (const message of page) {
        // Rights may have gone while the page was read.
        if (sink.channels.get(channel_id) !== state) return
        await sink.room()
        sink.send({ type: 'message', message })
        state.seq = message.seq
      }
    }
  }

  /** Delivers a message to the channel's sockets; after an event that changed access, brings joins and leaves. */
  deliver(published: Published, access_changed: boolean): void {
    const { event, message_json } = published
    if (access_changed) this.#followAccess(published)
    if (event.type !== 'message.created' || message_json === undefined || event.channel_id === null) return
    this.#last_seq.set(event.channel_id, event.payload.message.seq)
    if (!this.#by_channel.has(event.channel_id)) return
    const text = `{"type":"message","message":${message_json}}`
    this.#unchecked_bytes += text.length
    if (this.#unchecked_bytes > CHECK_EVERY_BYTES) this.checkSlow()
    this.#source.publish(this.#topic(event.channel_id), text)
  }

  /** Closes the readers that are too far behind. The runtime has a bound of its own behind ours, and closes too. */
  checkSlow(): void {
    this.#unchecked_bytes = 0
    for (const sink of this.#sinks) sink.checkSlow()
  }

  #topic(channel_id: string): string {
    return `${this.#home.org_id}/${channel_id}`
  }

  #followAccess({ event }: Published): void {
    if (event.type === 'channel.created') this.#last_seq.set(event.payload.channel.id, 0)
    for (const sink of this.#sinks) {
      if (!sink.ready) continue
      const readable = this.#home.permissions.readableChannels(sink.credential.viewer)
      const ids = new Set(readable.map((channel) => channel.id))
      for (const channel_id of [...sink.channels.keys()]) {
        if (ids.has(channel_id)) continue
        const untold = sink.channels.get(channel_id)?.untold
        this.#leave(sink, channel_id)
        if (!untold) sink.send({ type: 'channel_removed', channel_id })
      }
      const added = readable.filter((channel) => !sink.channels.has(channel.id))
      if (added.length > 0) void this.#welcome(sink, added)
    }
  }

  /**
   * Tells a client which channels it has from now on. An empty one is known here; of one that has a history the client's
   * marker is looked up first, and what is written meanwhile follows.
   */
  async #welcome(sink: WsSink, added: readonly KnownChannel[]): Promise<void> {
    const looked_up: string[] = []
    for (const { id, name, type, project_id } of added) {
      const last_seq = this.lastSeq(id)
      const state = this.#join(sink, id, last_seq)
      if (last_seq > 0) {
        state.untold = true
        looked_up.push(id)
        continue
      }
      const counts = { last_seq, read_seq: 0, unread_count: 0, mention_count: 0 }
      sink.send({ type: 'channel_added', channel: { id, name, type, project_id, ...counts } })
      sink.goLive(this.#topic(id), state)
    }
    if (looked_up.length === 0) return
    try {
      const found = await patiently(
        () => !sink.closed,
        () => this.#source.channels(this.#home.org_id, sink.user_id, looked_up),
      )
      const told = found.filter((channel) => this.#tellAdded(sink, channel))
      await this.#catchUpAll(
        sink,
        told.map(({ id }) => id),
      )
    } catch (error) {
      // Without them the client would have channels that it does not know of: it comes back and hears of all.
      if (!sink.closed) this.#failed('welcome a socket to channels', error)
      sink.close(CLOSE.restarting, 'Come back.')
    }
  }

  /** False when the channel was taken away again before it was told. */
  #tellAdded(sink: WsSink, channel: Channel): boolean {
    const state = sink.channels.get(channel.id)
    if (!state?.untold || sink.closed) return false
    state.untold = false
    const unread_count = Math.max(0, state.seq - channel.read_seq)
    sink.send({ type: 'channel_added', channel: { ...channel, last_seq: state.seq, unread_count } })
    return true
  }

  #join(sink: WsSink, channel_id: string, seq: number): ChannelState {
    const state: ChannelState = { seq, live: false }
    sink.channels.set(channel_id, state)
    const sinks = this.#by_channel.get(channel_id)
    if (sinks) sinks.add(sink)
    else this.#by_channel.set(channel_id, new Set([sink]))
    this.#presence_changed.add(channel_id)
    return state
  }

  #leave(sink: WsSink, channel_id: string): void {
    sink.channels.delete(channel_id)
    sink.leave(this.#topic(channel_id))
    const sinks = this.#by_channel.get(channel_id)
    sinks?.delete(sink)
    if (sinks?.size === 0) this.#by_channel.delete(channel_id)
    this.#presence_changed.add(channel_id)
  }

  /** Who is there was told to everybody in the channel. */
  rememberPresence(frame: Extract<ServerFrame, { type: 'presence' }>): void {
    if (frame.user_ids.length > 0) this.#presence.set(frame.channel_id, frame)
    else this.#presence.delete(frame.channel_id)
  }

  /** Channels whose presence may have changed since the last call, with the users that are connected here. */
  takePresence(): { channel_id: string; user_ids: string[] }[] {
    const changed = [...this.#presence_changed]
    this.#presence_changed.clear()
    return changed.map((channel_id) => {
      const user_ids = [...new Set([...this.ofChannel(channel_id)].map((sink) => sink.user_id))]
      return { channel_id, user_ids }
    })
  }
}
