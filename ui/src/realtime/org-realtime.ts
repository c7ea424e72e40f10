import type { StreamEnvelope } from '@contracts/events.ts'
import type { ServerFrame } from '@contracts/frames.ts'
import type { Channel, Message } from '@contracts/resources.ts'
import { retryAfterOf } from '../api/failure.ts'
import { keys } from '../api/keys.ts'
import { applyEvent, exportUpdates } from './apply-event.ts'
import { applyFrame } from './apply-frame.ts'
import { writeUpdates } from './cache-update.ts'
import { ChatSocket, type ResumePoint, type SocketState } from './chat-socket.ts'
import { isLogged } from './event-stream.ts'
import { HttpFallback } from './http-fallback.ts'
import { lastSeq, type MessageLog } from './message-log.ts'
import { MessagePosts } from './message-posts.ts'
import { arrived, becameRead } from './notification-list.ts'
import type { OrgRealtimeHandlers, OrgRealtimePorts } from './org-realtime-ports.ts'
import { Outbox } from './outbox.ts'
import { ReadMarkers } from './read-markers.ts'
import { SharedEvents } from './shared-events.ts'
import { realTimers } from './timers.ts'

/** Within so long after a reconnect the channels are read again. */
const REFETCH_SPREAD_MS = 5_000

/** The realtime side of an org in one tab: socket, shared event stream and outbox, written to the query cache. */
export class OrgRealtime {
  readonly outbox: Outbox
  readonly markers: ReadMarkers
  readonly #ports: OrgRealtimePorts
  readonly #handlers: OrgRealtimeHandlers
  readonly #socket: ChatSocket
  readonly #events: SharedEvents
  readonly #fallback: HttpFallback
  readonly #posts: MessagePosts
  #log: string | null = null
  #resumed: Record<string, number> | undefined
  #ready_before = false
  #opened_before = false
  #cancelRefetch = () => {}

  constructor(ports: OrgRealtimePorts, handlers: OrgRealtimeHandlers) {
    this.#ports = ports
    this.#handlers = handlers
    const { reader } = ports
    this.markers = new ReadMarkers({
      reader,
      client: ports.client,
      send: (frame) => this.#socket.send(frame),
      overHttp: () => this.#fallback.on,
      http: ports.http,
      failed: handlers.failed,
    })
    this.#posts = new MessagePosts({
      reader,
      client: ports.client,
      outbox: () => this.outbox,
      send: (frame) => this.#socket.send(frame),
      overHttp: () => this.#fallback.on,
      post: ports.http.post,
      arrived: (message) => this.#arrived(message),
    })
    this.#fallback = new HttpFallback(realTimers, (on) => this.#overHttp(on))
    this.#socket = new ChatSocket(
      ports.openSocket,
      {
        resumePoint: () => this.#resumePoint(),
        frame: (frame) => this.#frame(frame),
        state: (state) => this.#socketState(state),
        roundTrip: handlers.roundTrip,
        silent: handlers.silent,
        dead: () => this.#events.reopen(),
      },
      realTimers,
      Math.random,
    )
    this.#events = new SharedEvents(`mc-events:${reader.org_id}:${reader.account_id}`, ports.events, {
      envelope: (envelope) => this.#envelope(envelope),
      state: (state, leading, cursor) => {
        handlers.streamState(state, leading)
        this.#fallback.stream(state)
        const sequence = Number(cursor?.split('.')[1])
        if (Number.isSafeInteger(sequence)) handlers.sequence(sequence)
      },
      missed: () => this.#refetch('everything'),
    })
    this.outbox = new Outbox(
      { org_id: reader.org_id, user_id: reader.account_id },
      {
        ...ports.outbox,
        tab_id: ports.events.tab_id,
        timers: realTimers,
        random: Math.random,
        send: (entry) => this.#posts.send(entry),
        changed: handlers.outbox,
        stalled: () => {
          this.#socket.restart()
          if (this.#fallback.on) this.outbox.connected()
        },
        failed: handlers.failed,
      },
    )
  }

  /** Call when the list of channels is loaded: the resume point of the socket is computed from it. */
  start(): void {
    this.#events.start()
    this.#socket.start()
    void this.outbox.load()
  }

  stop(): void {
    this.markers.stop()
    this.#cancelRefetch()
    this.#socket.stop()
    this.#events.stop()
  }

  retryNow(): void {
    this.#socket.retryNow()
    this.#events.retryNow()
  }

  /** Pings at once to detect a dead connection. */
  check(): void {
    this.#socket.check()
    this.#events.check()
  }

  typing(channel_id: string): void {
    this.#socket.send({ type: 'typing', channel_id })
  }

  #channels(): Channel[] | undefined {
    return this.#ports.client.getQueryData<Channel[]>(keys.channels(this.#ports.reader.slug))
  }

  #messages(channel_id: string): MessageLog | undefined {
    return this.#ports.client.getQueryData<MessageLog>(keys.messages(this.#ports.reader.slug, channel_id))
  }

  /** The last seq per channel: that of the loaded log, else the counted one. */
  #resumePoint(): ResumePoint {
    const resume: Record<string, number> = {}
    for (const { id, last_seq } of this.#channels() ?? []) {
      const log = this.#messages(id)
      resume[id] = log && !log.has_newer ? Math.min(lastSeq(log), last_seq) : last_seq
    }
    this.#resumed = resume
    return { log: this.#log, resume }
  }

  #socketState(state: SocketState): void {
    this.#fallback.socket(state)
    if (state.is !== 'live' && !this.#fallback.on) this.outbox.disconnected()
    this.#handlers.socketState(state)
    if (state.is === 'ended' && state.why === 'revoked') this.#handlers.ended()
  }

  #overHttp(on: boolean): void {
    this.#handlers.overHttp(on)
    if (on) this.outbox.connected()
    else this.outbox.disconnected()
  }

  /** Follows a message that was written to the cache. */
  #arrived({ channel_id, seq, sender, client_id }: Message): void {
    this.#closeGap(channel_id, seq)
    if (sender.id === this.#ports.reader.user_id && client_id !== null) this.outbox.arrived(client_id)
  }

  #frame(frame: ServerFrame): void {
    switch (frame.type) {
      case 'ready':
        this.#ready(frame)
        break
      case 'message':
        this.#write(frame)
        // A message ends the typing of its sender.
        if (frame.message.sender.id !== null)
          this.#handlers.typingStopped(frame.message.channel_id, frame.message.sender.id)
        this.#arrived(frame.message)
        break
      case 'ack':
        this.outbox.acknowledged(frame)
        break
      case 'error':
        if (frame.client_id === undefined) this.#handlers.failed('a chat frame', frame.error.message)
        this.#posts.refused({ ...frame, retry_after_s: retryAfterOf(frame.error.details) })
        break
      case 'read':
        this.markers.moved(frame.channel_id, frame)
        break
      case 'typing':
        this.#handlers.typed(frame.channel_id, frame.user_id)
        break
      case 'typing_stopped':
        this.#handlers.typingStopped(frame.channel_id, frame.user_id)
        break
      case 'presence':
        this.#handlers.attended(frame)
        break
      case 'delivery':
        this.#write(frame)
        this.#handlers.delivered(frame)
        break
      case 'channel_removed':
        this.#write(frame)
        this.#ports.client.removeQueries({
          queryKey: keys.messages(this.#ports.reader.slug, frame.channel_id),
        })
        break
      case 'resync':
        this.#write(frame)
        void this.#ports.client.resetQueries({
          queryKey: keys.messages(this.#ports.reader.slug, frame.channel_id),
        })
        break
      default:
        this.#write(frame)
    }
  }

  #ready(frame: Extract<ServerFrame, { type: 'ready' }>): void {
    // Another user signed in in another tab: the cookie is theirs, and nothing of this tab may be sent with it.
    if (frame.user_id !== this.#ports.reader.user_id) {
      this.stop()
      this.#handlers.userChanged()
      return
    }
    const other_log = this.#log !== null && this.#log !== frame.log
    this.#log = frame.log
    // After a restore from backup all numbers are invalid: the cache of the org is reset.
    if (other_log) {
      this.markers.forget()
      void this.#ports.client.resetQueries({ queryKey: keys.inOrg(this.#ports.reader.slug) })
    }
    this.markers.resend()
    let missed = 0
    const known = new Set<string>()
    for (const { id, last_seq } of frame.channels) {
      known.add(id)
      missed += Math.max(0, last_seq - (this.#resumed?.[id] ?? last_seq))
    }
    const list = this.#channels()
    const same = list !== undefined && list.length === known.size && list.every(({ id }) => known.has(id))
    if (!same && !other_log) this.#refetch('channels')
    else if (this.#ready_before) this.#refetchSoon()
    this.#ready_before = true
    this.#handlers.recovered(missed)
    this.#handlers.reconnected()
    this.outbox.connected()
  }

  /** The socket delivers every message of a channel in order. If the cache still has a gap, it is refetched. */
  #closeGap(channel_id: string, seq: number): void {
    const { client, reader } = this.#ports
    const log = this.#messages(channel_id)
    if (log && !log.has_newer && lastSeq(log) < seq)
      void client.invalidateQueries({ queryKey: keys.messages(reader.slug, channel_id) })
    const channel = this.#channels()?.find(({ id }) => id === channel_id)
    if (channel && channel.last_seq < seq) this.#refetch('channels')
  }

  #envelope(envelope: StreamEnvelope): void {
    if (isLogged(envelope)) {
      this.#handlers.sequence(envelope.sequence)
      writeUpdates(this.#ports.client, this.#ports.reader.slug, applyEvent(envelope, this.#ports.reader))
      if (!this.#fallback.on || envelope.type !== 'message.created') return
      const { message } = envelope.payload
      if (!('removed' in message)) this.#arrived(message)
      return
    }
    if (envelope.type === 'stream.opened') {
      this.#handlers.sequence(envelope.payload.head)
      this.#handlers.reconnected()
      // What was read elsewhere meanwhile is not replayed.
      if (this.#opened_before) this.#refetch('notifications')
      this.#opened_before = true
    }
    if (envelope.type === 'notification.created') {
      const { notification } = envelope.payload
      writeUpdates(this.#ports.client, this.#ports.reader.slug, arrived(notification))
      this.#handlers.notified(notification)
    }
    if (envelope.type === 'notification.read') {
      const { notification_ids, read_at } = envelope.payload
      writeUpdates(this.#ports.client, this.#ports.reader.slug, becameRead(notification_ids, read_at))
    }
    if (envelope.type === 'export.progress') {
      const updates = exportUpdates(envelope.payload.export)
      writeUpdates(this.#ports.client, this.#ports.reader.slug, updates)
    }
    if (envelope.type === 'events.reset') {
      this.#handlers.sequence(envelope.payload.head)
      this.#refetch('everything')
    }
    if (envelope.type === 'session.revoked') this.#handlers.ended()
  }

  #refetch(what: 'channels' | 'notifications' | 'everything'): void {
    writeUpdates(this.#ports.client, this.#ports.reader.slug, [{ at: 'refetch', what }])
  }

  /** Other devices may have moved markers meanwhile. Not everybody at once: a server that restarts has enough to do. */
  #refetchSoon(): void {
    this.#cancelRefetch()
    this.#cancelRefetch = realTimers.after(Math.random() * REFETCH_SPREAD_MS, () => this.#refetch('channels'))
  }

  #write(frame: ServerFrame): void {
    const updates = applyFrame(frame, this.#ports.reader, new Date().toISOString())
    writeUpdates(this.#ports.client, this.#ports.reader.slug, updates)
  }
}
