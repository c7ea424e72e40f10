import { CLOSE } from '../contracts/close-codes.ts'
import type { HelloFrame, ServerFrame } from '../contracts/frames.ts'
import type { LogEvent } from '../contracts/log-event.ts'
import { messageJson } from '../domain/event-json.ts'
import type { KnownChannel, Permissions } from '../domain/permissions.ts'
import { accessChangeOf } from './access-change.ts'
import { Presence } from './presence.ts'
import { isTransient, retryWithBackoff } from './retry.ts'
import { SocketIndex } from './socket-index.ts'
import type { ChannelPosition, EdgeSource } from './source.ts'
import { WsCatchUp } from './ws-catch-up.ts'
import type { ChannelState, WsSink } from './ws-sink.ts'

/** The edge as its sockets need it. */
interface Home {
  readonly org_id: string
  readonly log: string
  readonly permissions: Permissions
  /** Reads the stored head and delivers what is missing up to it. */
  refresh(): Promise<void>
  failed(stage: string, error: unknown): void
  /** True once the edge follows its log no more. */
  readonly stopped: boolean
}

/** Bytes that may be published between two checks of how far the readers are behind. */
const CHECK_EVERY_BYTES = 256 * 1024

/** The WebSockets of an org on this node: who gets a message, who catches up, who gains or loses a channel. */
export class WsChannels {
  readonly #home: Home
  readonly #source: EdgeSource
  readonly #index = new SocketIndex()
  /** Last seq of each channel that was delivered here. */
  readonly #last_seq = new Map<string, number>()
  readonly #presence: Presence
  readonly #catch_up: WsCatchUp
  #unchecked_bytes = 0

  constructor(home: Home, channels: readonly ChannelPosition[], source: EdgeSource) {
    this.#home = home
    this.#source = source
    for (const { id, last_seq } of channels) this.#last_seq.set(id, last_seq)
    this.#presence = new Presence((channel_id) => this.#index.audience(channel_id))
    this.#catch_up = new WsCatchUp(
      {
        lastSeq: (channel_id) => this.#lastSeq(channel_id),
        topic: (channel_id) => this.#topic(channel_id),
      },
      (...range) => source.messages(home.org_id, ...range),
      (stage, error) => home.failed(stage, error),
    )
  }

  get size(): number {
    return this.#index.size
  }

  all(): WsSink[] {
    return this.#index.all()
  }

  add(sink: WsSink): void {
    this.#index.add(sink)
    if (this.#home.stopped) sink.close(CLOSE.restarting, 'Come back.')
  }

  remove(sink: WsSink): void {
    this.#index.remove(sink)
    for (const channel_id of sink.channels.keys()) this.#leave(sink, channel_id)
  }

  #lastSeq(channel_id: string): number {
    return this.#last_seq.get(channel_id) ?? 0
  }

  #topic(channel_id: string): string {
    return `${this.#home.org_id}/${channel_id}`
  }

  // -- a client comes -------------------------------------------------------------------------------------------------

  /**
   * Answers a hello with the channels and where they stand, then brings each resumed channel to its tail. A seq beyond
   * the tail was delivered by another node: what is stored is delivered here first.
   */
  hello(sink: WsSink, frame: HelloFrame): Promise<void> | undefined {
    const resume = new Map(Object.entries(frame.resume ?? {}).map(([id, seq]) => [id.toLowerCase(), seq]))
    const other_log = typeof frame.log === 'string' && frame.log !== this.#home.log
    const ahead = [...resume].some(([id, seq]) => this.#last_seq.has(id) && seq > this.#lastSeq(id))
    if (!ahead || other_log) {
      this.#welcome(sink, resume, other_log)
      return undefined
    }
    return retryWithBackoff(
      () => !sink.closed,
      () => this.#home.refresh(),
    )
      .catch((error: unknown) => this.#home.failed('read the head of an org', error))
      .then(() => this.#welcome(sink, resume, other_log))
  }

  #welcome(sink: WsSink, resume: ReadonlyMap<string, number>, other_log: boolean): void {
    if (sink.closed) return
    const channels = this.#home.permissions.readableChannels(sink.credential.principal)
    sink.send({
      type: 'ready',
      log: this.#home.log,
      user_id: sink.user_id,
      channels: channels.map(({ id }) => ({ id, last_seq: this.#lastSeq(id) })),
    })
    sink.ready = true
    const behind: string[] = []
    for (const { id } of channels) {
      const last_seq = this.#lastSeq(id)
      const seen = resume.get(id)
      const honoured = seen === undefined || (!other_log && seen <= last_seq)
      const state = this.#join(sink, id, honoured ? (seen ?? last_seq) : last_seq, 'catching_up')
      if (!honoured) sink.send({ type: 'resync', channel_id: id, last_seq })
      if (state.seq < last_seq || !sink.goLive(this.#topic(id), state)) behind.push(id)
    }
    const ids = channels.map(({ id }) => id)
    this.#presence.welcome(sink.user_id, ids, (channel_id, text) => {
      if (sink.closed) return 'gone'
      if (!sink.flowing) return 'busy'
      sendEphemeral(sink, channel_id, text)
      return 'sent'
    })
    void this.#catch_up.run(sink, behind)
  }

  // -- from the log ---------------------------------------------------------------------------------------------------

  /** Follows a change of access, then publishes the event's message to the sockets of its channel. */
  deliver(event: LogEvent, changes_access: boolean): void {
    if (event.type === 'channel.created') this.#last_seq.set(event.payload.channel.id, 0)
    if (changes_access) this.#followAccess(event)
    if (event.type !== 'message.created' || event.channel_id === null) return
    this.#last_seq.set(event.channel_id, event.payload.message.seq)
    if (this.#index.sizeOf(event.channel_id) === 0) return
    const text = `{"type":"message","message":${messageJson(event)}}`
    this.#unchecked_bytes += text.length
    if (this.#unchecked_bytes > CHECK_EVERY_BYTES) this.checkSlow()
    this.#source.publish(this.#topic(event.channel_id), text)
  }

  #followAccess(event: LogEvent): void {
    const change = accessChangeOf(event, this.#home.permissions)
    if (!change) return
    const { permissions } = this.#home
    const changed = change.channel_ids?.flatMap((id) => permissions.channels.get(id) ?? [])
    const sinks = change.principal_ids?.flatMap((id) => this.#index.ofUser(id)) ?? this.#index.all()
    for (const sink of sinks) {
      const { principal } = sink.credential
      if (!sink.ready || (change.principal_kind && change.principal_kind !== principal.kind)) continue
      for (const id of change.channel_ids ?? [...sink.channels.keys()])
        if (sink.channels.has(id) && !permissions.mayReadChannel(principal, id)) this.#takeAway(sink, id)
      const candidates = changed ?? [...permissions.channels.values()]
      const added = candidates.filter(
        ({ id }) => !sink.channels.has(id) && permissions.mayReadChannel(principal, id),
      )
      if (added.length > 0) void this.#bringIn(sink, added)
    }
  }

  #takeAway(sink: WsSink, channel_id: string): void {
    const announced = sink.channels.get(channel_id)?.phase !== 'unannounced'
    this.#leave(sink, channel_id)
    sink.channels.delete(channel_id)
    if (announced) sink.send({ type: 'channel_removed', channel_id })
  }

  /**
   * Announces channels that a client has from now on, each with the counts as of the seq from which it follows. An empty
   * channel is announced at once; for others the client's markers are read first.
   */
  async #bringIn(sink: WsSink, added: readonly KnownChannel[]): Promise<void> {
    const states = added.map((channel) => ({
      channel,
      state: this.#join(sink, channel.id, this.#lastSeq(channel.id), 'unannounced'),
    }))
    const empty = states.filter(({ state }) => state.seq === 0)
    const others = states.filter(({ state }) => state.seq > 0)
    for (const { channel, state } of empty) {
      announce(sink, channel, state)
      sink.goLive(this.#topic(channel.id), state)
    }
    if (others.length > 0) await this.#announceWithMarkers(sink, others)
    await this.#catch_up.run(
      sink,
      added.map(({ id }) => id),
    )
  }

  async #announceWithMarkers(
    sink: WsSink,
    others: readonly { channel: KnownChannel; state: ChannelState }[],
  ): Promise<void> {
    try {
      const positions = others.map(({ channel, state }) => ({ id: channel.id, last_seq: state.seq }))
      const markers = await retryWithBackoff(
        () => !sink.closed,
        () => this.#source.readMarkers(this.#home.org_id, sink.user_id, positions),
      )
      const by_channel = new Map(markers.map((marker) => [marker.channel_id, marker]))
      // The channel may have been taken away, or given anew, during the read.
      for (const { channel, state } of others)
        if (sink.channels.get(channel.id) === state)
          announce(sink, channel, state, by_channel.get(channel.id))
    } catch (error) {
      // The client would have channels that it does not know of. It reconnects and hears of all.
      if (!sink.closed && !isTransient(error)) this.#home.failed('announce channels to a socket', error)
      sink.close(CLOSE.restarting, 'Come back.')
    }
  }

  #join(sink: WsSink, channel_id: string, seq: number, phase: ChannelState['phase']): ChannelState {
    const state: ChannelState = { seq, phase }
    sink.channels.set(channel_id, state)
    this.#index.join(channel_id, sink)
    this.#presence.joined(channel_id, sink.user_id)
    return state
  }

  #leave(sink: WsSink, channel_id: string): void {
    sink.leave(this.#topic(channel_id))
    this.#index.leave(channel_id, sink)
    this.#presence.left(channel_id)
  }

  // -- frames that are not stored -------------------------------------------------------------------------------------

  /** Sends a frame that may be lost to the readers of a channel, or to one user's sockets. */
  ephemeral(
    channel_id: string,
    frame: ServerFrame,
    to: { except_user_id?: string; only_user_id?: string },
  ): void {
    const text = JSON.stringify(frame)
    const sinks =
      to.only_user_id === undefined ? this.#index.ofChannel(channel_id) : this.#index.ofUser(to.only_user_id)
    for (const sink of sinks) {
      if (to.except_user_id === sink.user_id) continue
      if (frame.type === 'read' && sink.ownReads.get(channel_id) === frame.seq) continue
      sendEphemeral(sink, channel_id, text)
    }
  }

  /** Tells the readers of channels who is connected, where that changed; called once a second. */
  announcePresence(): void {
    this.#presence.announce((channel_id, text) => {
      for (const sink of this.#index.ofChannel(channel_id)) sendEphemeral(sink, channel_id, text)
    })
  }

  /** Closes the readers that are too far behind. The runtime has a bound of its own behind ours, and closes too. */
  checkSlow(): void {
    this.#unchecked_bytes = 0
    for (const sink of this.#index.each()) sink.checkSlow()
  }
}

/** A client hears of a channel only after its announcement; a slow one misses what may be lost. */
function sendEphemeral(sink: WsSink, channel_id: string, text: string): void {
  const phase = sink.channels.get(channel_id)?.phase
  if (phase !== undefined && phase !== 'unannounced' && sink.flowing) sink.sendText(text)
}

function announce(
  sink: WsSink,
  { id, name, type, project_id }: KnownChannel,
  state: ChannelState,
  { read_seq, mention_count } = { read_seq: 0, mention_count: 0 },
): void {
  const last_seq = state.seq
  const unread_count = Math.max(0, last_seq - read_seq)
  state.phase = 'catching_up'
  sink.send({
    type: 'channel_added',
    channel: { id, name, type, project_id, last_seq, read_seq, unread_count, mention_count },
  })
}
