import type { ServerFrame } from '../contracts/frames.ts'
import type { LogEvent, PublishedBatch, Revocation, UserNotification } from '../contracts/log-event.ts'
import type { AgentStay, ConnectionCounts, LogHead } from '../contracts/relay.ts'
import { Permissions } from '../domain/permissions.ts'
import { Attendance } from './attendance.ts'
import { AttendanceReporter } from './attendance-reporter.ts'
import { endedBy } from './credential.ts'
import { EventOrder } from './event-order.ts'
import { EventStreams } from './event-streams.ts'
import { isTransient } from './retry.ts'
import { PAGE_SIZE } from './shared-pages.ts'
import type { EdgeSource, OrgSnapshot } from './source.ts'
import type { SseSink } from './sse-sink.ts'
import { endedUnheard, mayRevoke } from './unheard-revocations.ts'
import { WsChannels } from './ws-channels.ts'
import type { WsSink } from './ws-sink.ts'

interface Options {
  heartbeat_seconds: number
  failed(stage: string, error: unknown): void
  /** The edge cannot follow the log any more: its connections have to come back to a new one. */
  gaveUp(error: unknown): void
  /** The org is gone. */
  gone?(): void
  /** Keys or sessions of its connections may have ended: they are to be looked up. */
  mayHaveEnded?(): void
  /** An agent came to this node or left it. */
  agentStayed?(stay: AgentStay): void
}

/**
 * The sinks of one org on this node, with the permissions that they are judged by. An event changes the permissions
 * first and is authorised sink by sink afterwards, so the loss of a right holds from its event on.
 */
export class OrgEdge {
  readonly org_id: string
  readonly permissions: Permissions
  readonly log: string
  readonly streams: EventStreams
  readonly sockets: WsChannels
  readonly attendance = new Attendance(
    (user_id) => this.sockets.attendanceChanged([user_id]),
    (user_ids) => this.sockets.attendanceChanged(user_ids),
    (user_id, is) => {
      if (this.permissions.member(user_id)?.type === 'agent') this.#options.agentStayed?.({ user_id, is })
    },
  )
  readonly reporter = new AttendanceReporter()
  /** Milliseconds since 1970. */
  last_used_at = 0
  loaded_at = 0
  /** When it last asked other nodes who is there. */
  asked_at = 0
  /** When the edge last heard of its log, or compared itself with storage; in milliseconds since 1970. */
  confirmed_at = 0
  stopped = false
  readonly #order: EventOrder
  readonly #source: EdgeSource
  readonly #options: Options
  #refreshing: Promise<void> = Promise.resolve()
  #next_refresh: Promise<void> | undefined

  constructor(org_id: string, loaded: OrgSnapshot, source: EdgeSource, options: Options) {
    this.org_id = org_id
    this.log = loaded.log
    this.#source = source
    this.#options = options
    this.permissions = new Permissions(loaded.permissions)
    this.#order = new EventOrder(loaded.head, {
      read: (after, until) => source.events(org_id, after, until, PAGE_SIZE),
      notifications: (after, until) => this.streams.storedNotifications(after, until),
      apply: (event, notifications, complete) => this.#apply(event, notifications, complete),
      hole: () => source.hole?.(),
      failed: options.failed,
      gaveUp: options.gaveUp,
    })
    this.streams = new EventStreams(this, source, options.heartbeat_seconds)
    this.sockets = new WsChannels(this, loaded, source)
  }

  /** Last sequence that was delivered here. */
  head(): number {
    return this.#order.head
  }

  failed(stage: string, error: unknown): void {
    this.#options.failed(stage, error)
  }

  /**
   * Takes a stored batch of an owner, also of a former one: what it published was committed under its epoch. Throws only for
   * a fault of this program; the edge is unusable then.
   */
  deliver(batch: PublishedBatch, now = Date.now()): void {
    if (batch.log !== this.log) {
      this.#compare()
      return
    }
    this.confirmed_at = now
    this.#order.deliver(batch)
  }

  /**
   * Follows the log up to a head that is stored. A head of another log ends the edge when that is the stored one: the
   * database was restored from a backup. Settles when all is delivered or given up.
   */
  async follow({ log, sequence }: LogHead, as_of: number): Promise<void> {
    if (log !== this.log) {
      this.#options.gaveUp(new Error('The log of the organization was replaced'))
      return
    }
    this.confirmed_at = Math.max(this.confirmed_at, as_of)
    await this.#order.catchUpTo(sequence)
  }

  /** Hears where another node says that the log ends. */
  announced(head: LogHead, now: number): void {
    if (head.log === this.log) void this.follow(head, now)
    else this.#compare()
  }

  /** Another log was heard of: storage says which one is right. */
  #compare(): void {
    this.refresh().catch((error: unknown) => {
      if (!isTransient(error)) this.failed('compare an edge with the stored head', error)
    })
  }

  /**
   * Reads the stored head and delivers what is missing up to it. Callers share the next read, never one that is under
   * way: it may not know what a caller has seen elsewhere.
   */
  refresh(): Promise<void> {
    this.#next_refresh ??= this.#refreshing
      .catch(() => undefined) // Reported by its own callers.
      .then(() => {
        this.#next_refresh = undefined
        this.#refreshing = this.#readHead()
        return this.#refreshing
      })
    return this.#next_refresh
  }

  async #readHead(): Promise<void> {
    const as_of = Date.now()
    const head = await this.#source.head(this.org_id)
    if (head) await this.follow(head, as_of)
    else this.#options.gone?.()
  }

  /** Delivers nothing any more and takes no connection; open ones are closed by the caller. */
  stop(): void {
    this.stopped = true
    this.#order.stop()
  }

  #apply(event: LogEvent, notifications: readonly UserNotification[], complete: boolean): void {
    const changes_access = this.permissions.isTouchedBy(event)
    if (changes_access) this.permissions.apply(event)
    this.streams.deliver(event, notifications, complete)
    this.sockets.deliver(event, changes_access)
    if (event.revokes) this.revoke(event.revokes)
    else if (!complete && mayRevoke(event)) this.#judgeAnew(event)
  }

  /** Ends the connections of credentials that an event may have ended which was not heard of but read from storage. */
  #judgeAnew(event: LogEvent): void {
    for (const sink of this.sinks()) {
      const reason = endedUnheard(sink.credential, event, this.permissions)
      if (reason === 'unknown') sink.comeBack()
      else if (reason) sink.revoke(reason)
    }
    this.#options.mayHaveEnded?.()
  }

  /** The connection of a socket is gone. */
  removeSocket(sink: WsSink): void {
    this.sockets.remove(sink)
    if (sink.closed_with !== undefined) this.#source.ended?.('websocket', String(sink.closed_with))
  }

  /** All open streams and sockets. */
  sinks(): (SseSink | WsSink)[] {
    return [...this.streams.all(), ...this.sockets.all()]
  }

  /** Ends every stream and socket whose credential is revoked. */
  revoke(revocation: Revocation): void {
    for (const sink of this.sinks()) {
      const reason = endedBy(sink.credential, revocation)
      if (reason) sink.revoke(reason)
    }
  }

  /** Ends streams and sockets whose credential has expired; a rotated key's end is known from its event. */
  revokeExpired(now: number): void {
    for (const sink of this.sinks()) {
      const { expires_at, principal } = sink.credential
      const { key_id } = principal
      const over = expires_at !== undefined && expires_at <= now
      if (over || (key_id !== undefined && this.permissions.keyEnded(key_id, now))) sink.revoke('expired')
    }
  }

  /** Sends a frame that may be lost to the readers of a channel, or to one user's sockets. */
  ephemeral(
    channel_id: string,
    frame: ServerFrame,
    to: { except_user_id?: string; only_user_id?: string },
  ): void {
    this.sockets.ephemeral(channel_id, frame, to)
  }

  get counts(): ConnectionCounts {
    return { sse: this.streams.size, websocket: this.sockets.size }
  }

  get isConnected(): boolean {
    return this.streams.size + this.sockets.size > 0
  }
}
