import type { Cursor } from '../contracts/events.ts'
import type { ServerFrame } from '../contracts/frames.ts'
import type { Subscriptions } from '../contracts/requests.ts'
import type { Channel, Message, Notification } from '../contracts/resources.ts'
import type { UserNotification } from '../domain/job.ts'
import type { LogEvent, Revocation } from '../domain/log-event.ts'
import { type PermissionSnapshot, Permissions } from '../domain/permissions.ts'
import { endedBy } from './credential.ts'
import { CompiledFilter, type StreamFilter, topicsOf } from './event-filter.ts'
import { patiently } from './patience.ts'
import { SinkIndex } from './sink-index.ts'
import { eventFrame, heartbeatFrame, notificationFrame } from './sse-frames.ts'
import type { Replay, ReplayEntry, SseSink, Start } from './sse-sink.ts'
import { WsChannels } from './ws-channels.ts'
import type { WsSink } from './ws-sink.ts'

/** A stored event with its encoding. */
export interface Published {
  event: LogEvent
  json: string
  message_json?: string
}

export interface PublishedBatch {
  org_id: string
  log: string
  events: Published[]
  notifications: UserNotification[]
}

/** What an edge reads: from the owner's memory when it reaches back far enough, else from the database. */
export interface EdgeSource {
  load(org_id: string): Promise<
    | {
        log: string
        head: number
        permissions: PermissionSnapshot
        channels: { id: string; last_seq: number }[]
      }
    | undefined
  >
  /** Events after `after`, at most `limit`, none beyond `until`, in order. */
  events(org_id: string, after: number, until: number, limit: number): Promise<Published[]>
  notifications(org_id: string, user_id: string, after: number, until: number): Promise<Notification[]>
  /** Messages of a channel that directly follow `after`, oldest first. */
  messages(org_id: string, channel_id: string, after: number, limit: number): Promise<Message[]>
  /** Channels among `ids` with the user's marker and counts. */
  channels(org_id: string, user_id: string, ids: readonly string[]): Promise<Channel[]>
  oldestSequence(org_id: string): Promise<number>
  head(org_id: string): Promise<number>
  subscriptions(org_id: string, user_id: string): Promise<Subscriptions>
  /** Sends a text frame to every WebSocket of this node that joined the topic. */
  publish(topic: string, text: string): void
  /** A stream or a socket was ended from this side: counted, by reason or close code. */
  ended?(kind: 'sse' | 'websocket', reason: string): void
}

/** A user's subscriptions are read again after so long; a change on this node is known at once. */
const SUBSCRIPTIONS_MS = 1_000

/** Events read at once while a stream replays. */
const REPLAY_PAGE = 200

/**
 * The sinks of one org on this node, with the permissions they are judged by. Frames come in order from the owner; a
 * hole is filled from the database. Every event changes the permissions first and is then authorised sink by sink, so
 * the loss of a right holds from its event on.
 */
export class OrgEdge implements Replay {
  readonly org_id: string
  readonly heartbeat_seconds: number
  readonly permissions: Permissions
  readonly log: string
  readonly streams = new SinkIndex()
  readonly sockets: WsChannels
  last_used_at = 0
  #seen: number
  #filling: Promise<void> | undefined
  #pending: PublishedBatch[] = []
  readonly #subscriptions = new Map<string, { read_at: number; found: Promise<Subscriptions> }>()
  readonly #source: EdgeSource
  readonly #failed: (stage: string, error: unknown) => void

  constructor(
    org_id: string,
    loaded: NonNullable<Awaited<ReturnType<EdgeSource['load']>>>,
    source: EdgeSource,
    heartbeat_seconds: number,
    failed: (stage: string, error: unknown) => void,
  ) {
    this.org_id = org_id
    this.log = loaded.log
    this.#seen = loaded.head
    this.permissions = new Permissions(loaded.permissions)
    this.sockets = new WsChannels(this, loaded.channels, source, failed)
    this.#source = source
    this.heartbeat_seconds = heartbeat_seconds
    this.#failed = failed
  }

  /** Last sequence that was delivered here. */
  head(): number {
    return this.#seen
  }

  // -- from the owner -----------------------------------------------------------------------------------------------

  /** Takes a stored batch. Known events are skipped; a hole before it is read from the database first. */
  deliver(batch: PublishedBatch): void {
    if (this.#filling) {
      this.#pending.push(batch)
      return
    }
    const first = batch.events[0]
    if (!first || batch.log !== this.log) return
    if (first.event.sequence > this.#seen + 1) {
      this.#pending.push(batch)
      this.#filling = this.#fill(first.event.sequence - 1)
      return
    }
    this.#apply(batch.events, batch.notifications)
  }

  /** Reads the head and what is missing up to it: after a doubt whether everything was heard. */
  async refresh(): Promise<void> {
    const head = await this.#source.head(this.org_id)
    if (head > this.#seen && !this.#filling) this.#filling = this.#fill(head)
    await this.#filling
  }

  async #fill(until: number): Promise<void> {
    try {
      while (this.#seen < until) {
        const page = await this.#source.events(this.org_id, this.#seen, until, REPLAY_PAGE)
        if (page.length === 0) throw new Error(`events ${this.#seen + 1}..${until} are not there`)
        this.#apply(page, await this.#notificationsFor(this.#seen, page.at(-1)!.event.sequence))
      }
    } catch (error) {
      this.#failed('fill a hole at the edge', error)
    } finally {
      this.#filling = undefined
      for (const batch of this.#pending.splice(0)) this.deliver(batch)
    }
  }

  async #notificationsFor(after: number, until: number): Promise<UserNotification[]> {
    const found: UserNotification[] = []
    for (const user_id of this.streams.users())
      for (const n of await this.#source.notifications(this.org_id, user_id, after, until))
        found.push({ ...n, user_id })
    return found
  }

  #apply(events: readonly Published[], notifications: readonly UserNotification[]): void {
    for (const published of events) {
      const { event } = published
      if (event.sequence <= this.#seen) continue
      const access_changes = this.permissions.isTouchedBy(event)
      if (access_changes) this.permissions.apply(event)
      this.#seen = event.sequence
      this.#toStreams(published)
      for (const n of notifications) if (n.event_sequence === event.sequence) this.#notify(n, event)
      this.sockets.deliver(published, access_changes)
      if (event.revokes) this.revoke(event.revokes)
    }
  }

  #toStreams(published: Published): void {
    const { event } = published
    const topics = topicsOf(event)
    let frame: Uint8Array | undefined
    this.streams.forEach(event.sequence, topics, event.subject_ids, (sink) => {
      if (!sink.live || !this.#mayHave(sink, event, topics)) return
      frame ??= eventFrame(this.log, event.sequence, published.json)
      sink.push(frame)
    })
  }

  #mayHave(sink: SseSink, event: LogEvent, topics: readonly string[]): boolean {
    const { viewer } = sink.credential
    return sink.filter.matches(event, topics, viewer.id) && this.permissions.mayReadEvent(viewer, event)
  }

  /** A notification is withheld with the event it comes from. */
  #mayHaveNotification(sink: SseSink, event: LogEvent, topics: readonly string[]): boolean {
    if (!sink.filter.matchesNotification(topics)) return false
    return this.permissions.mayReadEvent(sink.credential.viewer, event)
  }

  #notify({ user_id, ...notification }: UserNotification, event: LogEvent): void {
    const topics = topicsOf(event)
    let frame: Uint8Array | undefined
    for (const sink of this.streams.ofUser(user_id)) {
      if (!sink.live || !this.#mayHaveNotification(sink, event, topics)) continue
      frame ??= notificationFrame(notification)
      sink.push(frame)
    }
  }

  // -- streams ------------------------------------------------------------------------------------------------------

  /** Decides where a stream with this cursor begins. */
  async start(cursor: Cursor | undefined): Promise<Start> {
    if (!cursor) return { from: 'head' }
    if (cursor.log !== '' && cursor.log !== this.log) return { from: 'reset', reason: 'other_log' }
    if (cursor.sequence > this.#seen) await this.refresh()
    if (cursor.sequence > this.#seen) return { from: 'reset', reason: 'beyond_head' }
    const oldest = cursor.sequence === this.#seen ? 0 : await this.#source.oldestSequence(this.org_id)
    if (cursor.sequence === 0)
      return { from: 'cursor', cursor: { log: this.log, sequence: Math.max(0, oldest - 1) } }
    if (cursor.sequence < oldest - 1) return { from: 'reset', reason: 'removed' }
    return { from: 'cursor', cursor }
  }

  async page(sink: SseSink, position: number): Promise<{ entries: ReplayEntry[]; position: number }> {
    const { viewer } = sink.credential
    const { events, last, notifications } = await patiently(
      () => !sink.ended,
      async () => {
        const events = await this.#source.events(this.org_id, position, this.#seen, REPLAY_PAGE)
        const last = events.at(-1)
        if (!last) throw new Error(`events after ${position} are not there`)
        const notifications = sink.filter.wantsNotifications
          ? await this.#source.notifications(this.org_id, viewer.id, position, last.event.sequence)
          : []
        return { events, last, notifications }
      },
    )
    const entries: ReplayEntry[] = []
    for (const { event, json } of events) {
      const topics = topicsOf(event)
      const may_have = () => this.#mayHave(sink, event, topics)
      if (may_have()) entries.push({ may_have, frame: eventFrame(this.log, event.sequence, json) })
      for (const n of notifications)
        if (n.event_sequence === event.sequence)
          entries.push({
            may_have: () => this.#mayHaveNotification(sink, event, topics),
            frame: notificationFrame(n),
          })
    }
    return { entries, position: last.event.sequence }
  }

  addStream(sink: SseSink): void {
    this.streams.add(sink)
    sink.onEnd((why) => {
      this.streams.remove(sink)
      if (why !== 'gone') this.#source.ended?.('sse', why)
    })
  }

  /** The connection of a socket is gone. */
  removeSocket(sink: WsSink): void {
    this.sockets.remove(sink)
    if (sink.closed_with !== undefined) this.#source.ended?.('websocket', String(sink.closed_with))
  }

  /** What a user subscribed to; many streams of one user that open together cost one read. */
  async subscriptionsOf(user_id: string): Promise<Subscriptions> {
    const now = Date.now()
    const known = this.#subscriptions.get(user_id)
    if (known && now - known.read_at < SUBSCRIPTIONS_MS) return await known.found
    for (const [id, { read_at }] of this.#subscriptions)
      if (now - read_at >= SUBSCRIPTIONS_MS) this.#subscriptions.delete(id)
    const found = this.#source.subscriptions(this.org_id, user_id)
    this.#subscriptions.set(user_id, { read_at: now, found })
    found.catch(() => this.#subscriptions.delete(user_id))
    return await found
  }

  /** Gives a user's open streams its new subscriptions, at once. */
  resubscribe(user_id: string, subscriptions: Subscriptions): void {
    this.#subscriptions.set(user_id, { read_at: Date.now(), found: Promise.resolve(subscriptions) })
    for (const sink of this.streams.ofUser(user_id)) {
      this.streams.remove(sink)
      sink.filter = sink.filter.with(subscriptions)
      this.streams.add(sink)
    }
  }

  /** A comment that keeps connections alive and moves the cursor of those that saw nothing. */
  heartbeat(): void {
    const frame = heartbeatFrame(this.log, this.#seen)
    for (const sink of this.streams.all()) if (sink.live && sink.queued.frames === 0) sink.push(frame)
  }

  // -- both ---------------------------------------------------------------------------------------------------------

  /** Ends every stream and socket that was opened with what is revoked. */
  revoke(revocation: Revocation): void {
    for (const sink of [...this.streams.all(), ...this.sockets.all()]) {
      const reason = endedBy(sink.credential, revocation)
      if (reason) sink.revoke(reason)
    }
  }

  /** Ends what was opened with a credential whose time is over; a rotated key's end is known from its event. */
  revokeExpired(now: number): void {
    for (const sink of [...this.streams.all(), ...this.sockets.all()]) {
      const { expires_at, key_id } = sink.credential
      const over = expires_at !== undefined && expires_at <= now
      if (over || (key_id !== undefined && this.permissions.keyEnded(key_id, now))) sink.revoke('expired')
    }
  }

  /** Sends a frame that is not stored to the readers of a channel, or to one user's own sockets. */
  ephemeral(
    channel_id: string,
    frame: ServerFrame,
    to: { except_user_id?: string; only_user_id?: string },
  ): void {
    const text = JSON.stringify(frame)
    if (frame.type === 'presence') this.sockets.rememberPresence(frame)
    for (const sink of this.sockets.ofChannel(channel_id)) {
      if (to.except_user_id === sink.user_id) continue
      if (to.only_user_id !== undefined && to.only_user_id !== sink.user_id) continue
      if (frame.type === 'read' && sink.ownReads.get(channel_id) === frame.seq) continue
      if (sink.flowing) sink.sendText(text)
    }
  }

  get counts(): { sse: number; websocket: number } {
    return { sse: this.streams.size, websocket: this.sockets.size }
  }

  /** A filter for a new stream. */
  filterFor(filter: StreamFilter): CompiledFilter {
    return new CompiledFilter(filter)
  }
}
