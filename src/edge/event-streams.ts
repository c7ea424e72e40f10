import type { Cursor } from '../contracts/events.ts'
import { LIMITS } from '../contracts/limits.ts'
import type { LogEvent, UserNotification } from '../contracts/log-event.ts'
import type { Subscriptions } from '../contracts/requests.ts'
import type { Export } from '../contracts/resources.ts'
import { envelopeJson } from '../domain/event-json.ts'
import type { Permissions } from '../domain/permissions.ts'
import type { Attendance } from './attendance.ts'
import { topicsOf } from './event-filter.ts'
import { NotifiedUsers } from './notified-users.ts'
import { retryWithBackoff } from './retry.ts'
import { SharedPages } from './shared-pages.ts'
import { SinkIndex } from './sink-index.ts'
import type { EdgeSource, NotificationsRead } from './source.ts'
import {
  eventFrame,
  exportFrame,
  heartbeatFrame,
  notificationFrame,
  notificationReadFrame,
} from './sse-frames.ts'
import type { Replay, ReplayEntry, ReplayPage, SseSink, Start } from './sse-sink.ts'
import { SubscriptionCache } from './subscription-cache.ts'

/** The edge as its streams need it. */
interface Home {
  readonly org_id: string
  readonly log: string
  readonly permissions: Permissions
  readonly attendance: Attendance
  /** Last sequence that was delivered here. */
  head(): number
  /** Reads the stored head and delivers what is missing up to it. */
  refresh(): Promise<void>
  failed(stage: string, error: unknown): void
  /** True once the edge follows its log no more. */
  readonly stopped: boolean
}

/** The SSE streams of an org on this node: live fan-out, and replay bounded by what was delivered live. */
export class EventStreams implements Replay {
  readonly heartbeat_seconds: number
  readonly subscriptions: SubscriptionCache
  readonly #home: Home
  readonly #source: EdgeSource
  readonly #index = new SinkIndex()
  readonly #notified: NotifiedUsers
  readonly #pages: SharedPages<ReplayEvent>

  constructor(home: Home, source: EdgeSource, heartbeat_seconds: number) {
    this.#home = home
    this.#source = source
    this.heartbeat_seconds = heartbeat_seconds
    this.subscriptions = new SubscriptionCache((user_id) => source.subscriptions(home.org_id, user_id))
    this.#notified = new NotifiedUsers(home.head())
    this.#pages = new SharedPages(async (log, after, until, limit) => {
      const events = await source.events(home.org_id, after, until, limit)
      return events.map((event) => new ReplayEvent(log, event))
    })
  }

  get size(): number {
    return this.#index.size
  }

  get log(): string {
    return this.#home.log
  }

  all(): SseSink[] {
    return this.#index.all()
  }

  head(): number {
    return this.#home.head()
  }

  failed(stage: string, error: unknown): void {
    this.#home.failed(stage, error)
  }

  add(sink: SseSink): void {
    const { id } = sink.credential.principal
    this.#index.add(sink)
    this.#home.attendance.opened(id)
    sink.onEnd((why) => {
      this.#index.remove(sink)
      this.#home.attendance.closed(id, Date.now())
      if (why !== 'gone') this.#source.ended?.('sse', why)
    })
    if (this.#home.stopped) sink.end('failed')
  }

  /** Gives a user's open streams its new subscriptions, at once. */
  resubscribe(user_id: string, subscriptions: Subscriptions): void {
    this.subscriptions.set(user_id, subscriptions)
    for (const sink of this.#index.ofUser(user_id)) {
      this.#index.remove(sink)
      sink.filter = sink.filter.with(subscriptions)
      this.#index.add(sink)
    }
  }

  /** Reads the subscriptions of the open streams again: a change of them may have been missed. */
  async readSubscriptions(): Promise<void> {
    const { org_id } = this.#home
    await Promise.all(
      this.#index.users().map(async (user_id) => {
        this.resubscribe(user_id, await this.#source.subscriptions(org_id, user_id))
      }),
    )
  }

  /** A comment that keeps connections alive and moves the cursor of streams whose filter skipped everything. */
  heartbeat(): void {
    const frame = heartbeatFrame(this.log, this.head())
    for (const sink of this.#index.all()) if (sink.live && sink.queued.frames === 0) sink.push(frame)
  }

  // -- live -----------------------------------------------------------------------------------------------------------

  /** Sends an event and its notifications to the live streams that may have them. */
  deliver(event: LogEvent, notifications: readonly UserNotification[], complete: boolean): void {
    if (complete) this.#notified.add(notifications)
    else this.#notified.restart(event.sequence)
    if (this.#index.size === 0) return
    const topics = topicsOf(event)
    let frame: Uint8Array | undefined
    this.#index.forEach(event.sequence, topics, event.subject_ids, (sink) => {
      if (!sink.live || !this.#mayHave(sink, event, topics)) return
      frame ??= eventFrame(this.log, event.sequence, envelopeJson(event))
      sink.push(frame)
    })
    for (const notification of notifications) this.#notify(notification, event, topics)
  }

  /** Tells the administrators how far an export is. */
  tellExport(exported: Export): void {
    let frame: Uint8Array | undefined
    for (const sink of this.#index.all()) {
      const { id } = sink.credential.principal
      if (!sink.live || !sink.filter.wantsExports) continue
      if (this.#home.permissions.member(id)?.role !== 'administrator') continue
      frame ??= exportFrame(exported)
      sink.push(frame)
    }
  }

  #notify({ user_id, ...notification }: UserNotification, event: LogEvent, topics: readonly string[]): void {
    let frame: Uint8Array | undefined
    for (const sink of this.#index.ofUser(user_id)) {
      if (!sink.live || !this.#mayHaveNotification(sink, event, topics)) continue
      frame ??= notificationFrame(notification)
      sink.push(frame)
    }
  }

  /** Tells the user's streams what it has read, also those that are still replaying. */
  notificationsRead({ user_id, notification_ids, read_at }: Omit<NotificationsRead, 'org_id'>): void {
    const sinks = this.#index.ofUser(user_id).filter(({ filter }) => filter.wantsReadNotifications)
    if (sinks.length === 0) return
    for (let at = 0; at < notification_ids.length; at += LIMITS.notification_ids_max) {
      const some = notification_ids.slice(at, at + LIMITS.notification_ids_max)
      const frame = notificationReadFrame(some, read_at)
      for (const sink of sinks) sink.pushAside(frame)
    }
  }

  #mayHave(sink: SseSink, event: LogEvent, topics: readonly string[]): boolean {
    const { principal } = sink.credential
    return (
      sink.filter.matches(event, topics, principal.id) &&
      this.#home.permissions.mayReadEvent(principal, event)
    )
  }

  /** A notification is withheld with the event it follows from. */
  #mayHaveNotification(sink: SseSink, event: LogEvent, topics: readonly string[]): boolean {
    if (!sink.filter.matchesNotification(topics)) return false
    return this.#home.permissions.mayReadEvent(sink.credential.principal, event)
  }

  // -- replay ---------------------------------------------------------------------------------------------------------

  /** Decides where a stream with this cursor begins. The page that is read for it is the first of the replay. */
  async start(sink: SseSink, cursor: Cursor | undefined): Promise<Start> {
    if (!cursor) return { from: 'head' }
    if (cursor.log !== '' && cursor.log !== this.log) return { from: 'reset', reason: 'other_log' }
    const wanted = () => !sink.ended
    if (cursor.sequence > this.head()) await retryWithBackoff(wanted, () => this.#home.refresh())
    if (cursor.sequence > this.head()) return { from: 'reset', reason: 'beyond_head' }
    if (cursor.sequence === this.head()) return { from: 'cursor', cursor }
    const [first] = await retryWithBackoff(wanted, () => this.#page(cursor.sequence))
    if (cursor.sequence === 0)
      return { from: 'cursor', cursor: { log: this.log, sequence: (first?.number ?? this.head() + 1) - 1 } }
    if (first?.number !== cursor.sequence + 1) return { from: 'reset', reason: 'removed' }
    return { from: 'cursor', cursor }
  }

  async page(sink: SseSink, position: number): Promise<ReplayPage> {
    const { events, notifications } = await retryWithBackoff(
      () => !sink.ended,
      async () => {
        const events = await this.#page(position)
        return { events, notifications: await this.#notificationsOf(sink, position, events) }
      },
    )
    if (events[0]?.number !== position + 1) return 'removed'
    const entries: ReplayEntry[] = []
    for (const { event, topics, number, frame } of events) {
      const may_have = () => this.#mayHave(sink, event, topics)
      if (may_have()) entries.push({ may_have, frame })
      for (const { user_id: _, ...notification } of notifications)
        if (notification.event_sequence === number)
          entries.push({
            may_have: () => this.#mayHaveNotification(sink, event, topics),
            frame: notificationFrame(notification),
          })
    }
    return { entries, position: events.at(-1)?.number ?? position }
  }

  #page(after: number): Promise<readonly ReplayEvent[]> {
    return this.#pages.after(this.log, after, this.head())
  }

  async #notificationsOf(
    sink: SseSink,
    after: number,
    events: readonly ReplayEvent[],
  ): Promise<readonly UserNotification[]> {
    const until = events.at(-1)?.number
    const user_id = sink.credential.principal.id
    if (until === undefined || !sink.filter.wantsNotifications) return []
    if (!this.#notified.mayInclude(user_id, after, until)) return []
    return await this.#source.notifications(this.#home.org_id, [user_id], after, until)
  }

  /** Notifications of the users with open streams that follow from events of a range. */
  async storedNotifications(after: number, until: number): Promise<UserNotification[]> {
    const user_ids = this.#index.users()
    if (user_ids.length === 0) return []
    return await this.#source.notifications(this.#home.org_id, user_ids, after, until)
  }
}

/** An event of a replay page; its frame is encoded when the first stream wants it, and shared. */
class ReplayEvent {
  readonly number: number
  readonly event: LogEvent
  readonly topics: readonly string[]
  readonly #log: string
  #frame: Uint8Array | undefined

  constructor(log: string, event: LogEvent) {
    this.#log = log
    this.event = event
    this.number = event.sequence
    this.topics = topicsOf(event)
  }

  get frame(): Uint8Array {
    this.#frame ??= eventFrame(this.#log, this.number, envelopeJson(this.event))
    return this.#frame
  }
}
