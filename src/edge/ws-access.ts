import { CLOSE } from '../contracts/close-codes.ts'
import type { LogEvent } from '../contracts/log-event.ts'
import type { KnownChannel } from '../domain/permission-snapshot.ts'
import type { Permissions } from '../domain/permissions.ts'
import { accessChangeOf } from './access-change.ts'
import { isTransient, retryWithBackoff } from './retry.ts'
import type { SocketIndex } from './socket-index.ts'
import type { EdgeSource, ReadMarker } from './source.ts'
import type { ChannelTail } from './ws-catch-up.ts'
import type { ChannelState, WsSink } from './ws-sink.ts'

/** The edge as changes of access need it. */
interface Home {
  readonly org_id: string
  readonly permissions: Permissions
  failed(stage: string, error: unknown): void
}

/** The channels of sockets. */
interface Membership extends ChannelTail {
  /** Adds an unannounced channel to a socket, from the channel's tail on. */
  join(sink: WsSink, channel_id: string): ChannelState
  leave(sink: WsSink, channel_id: string): void
  /** Brings announced channels to their tails. */
  catchUp(sink: WsSink, channel_ids: readonly string[]): Promise<void>
}

/** Gives channels to open sockets and takes them away when the rights of their users change. */
export class WsAccess {
  readonly #home: Home
  readonly #index: SocketIndex
  readonly #source: Pick<EdgeSource, 'readMarkers'>
  readonly #channels: Membership

  constructor(home: Home, index: SocketIndex, source: Pick<EdgeSource, 'readMarkers'>, channels: Membership) {
    this.#home = home
    this.#index = index
    this.#source = source
    this.#channels = channels
  }

  /** Follows an event that has changed the permissions. */
  follow(event: LogEvent): void {
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
    this.#channels.leave(sink, channel_id)
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
      state: this.#channels.join(sink, channel.id),
    }))
    const empty = states.filter(({ state }) => state.seq === 0)
    const others = states.filter(({ state }) => state.seq > 0)
    for (const { channel, state } of empty) {
      announce(sink, channel, state)
      sink.goLive(this.#channels.topic(channel.id), state)
    }
    if (others.length > 0) await this.#announceWithMarkers(sink, others)
    await this.#channels.catchUp(
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
      // The client would miss the announcement of channels that it has. After a reconnect it gets the whole list.
      if (!sink.closed && !isTransient(error)) this.#home.failed('announce channels to a socket', error)
      sink.close(CLOSE.restarting, 'Come back.')
    }
  }
}

function announce(
  sink: WsSink,
  { id, name, topic, type, project_id }: KnownChannel,
  state: ChannelState,
  marker?: ReadMarker,
): void {
  const last_seq = state.seq
  const { read_seq, unread_count, mention_count, rewinds, muted } = marker ?? {
    read_seq: 0,
    unread_count: last_seq,
    mention_count: 0,
    rewinds: 0,
    muted: false,
  }
  state.phase = 'catching_up'
  sink.send({
    type: 'channel_added',
    channel: {
      id,
      name,
      topic,
      type,
      project_id,
      last_seq,
      read_seq,
      unread_count,
      mention_count,
      rewinds,
      muted,
    },
  })
}
