import { CLOSE } from '../contracts/close-codes.ts'
import { ApiError, notFound } from '../contracts/errors.ts'
import type { PublishedBatch, Revocation } from '../contracts/log-event.ts'
import type { AgentStay, AttendanceReport, LogHead } from '../contracts/relay.ts'
import { CredentialCheck, type CredentialSource } from './credential-check.ts'
import { EdgeRounds } from './edge-rounds.ts'
import type { Elsewhere } from './elsewhere.ts'
import { HeadWatch } from './head-watch.ts'
import { OrgEdge } from './org-edge.ts'
import { RelayedFrames } from './relayed-frames.ts'
import type { EdgeSource } from './source.ts'
import { retryFrame } from './sse-frames.ts'

/** What the node's edges need beside storage. */
export interface EdgesPorts extends EdgeSource, CredentialSource {
  failed(stage: string, error: unknown): void
  /** Absent when the node is alone. */
  elsewhere?: Elsewhere
  /** Counts statements that read the heads of orgs because nothing was heard. */
  polled?(): void
}

/** Seconds after which a connection over the limit of its org may be tried again. */
const RETRY_S = 10
/** Nodes answer within this time who of an org is there. */
const ANSWERS_MS = 2_500
/** An edge asks the others so often at the most. */
const ASK_MS = 1_000

/** Refusal of every request while the node stops: nothing was done. */
export function draining(): ApiError {
  return new ApiError('UNAVAILABLE', 'This server is restarting. Try again.', { retry_after_s: 2 })
}

/** The edges of this node, one per org with connections or requests. */
export class Edges {
  readonly frames: RelayedFrames
  readonly #ports: EdgesPorts
  readonly #heartbeat_seconds: number
  readonly #edges = new Map<string, Promise<OrgEdge>>()
  readonly #ready = new Map<string, OrgEdge>()
  /** Batches that arrive while an edge is being loaded. */
  readonly #early = new Map<string, PublishedBatch[]>()
  readonly #watch: HeadWatch | undefined
  readonly #credentials: CredentialCheck
  readonly #rounds: EdgeRounds
  #reading_subscriptions: Promise<void> = Promise.resolve()
  #draining = false

  constructor(ports: EdgesPorts, heartbeat_seconds: number) {
    this.#ports = ports
    this.#heartbeat_seconds = heartbeat_seconds
    const { elsewhere } = ports
    this.#watch =
      elsewhere &&
      new HeadWatch({
        elsewhere,
        watched: () => [...this.#ready.values()].filter((edge) => edge.isConnected),
        gone: (org_id) => this.forget(org_id),
        polled: () => ports.polled?.(),
        failed: ports.failed,
      })
    const all = () => this.#ready.values()
    this.frames = new RelayedFrames((org_id) => this.peek(org_id), elsewhere)
    this.#credentials = new CredentialCheck({
      edges: all,
      endedCredentials: (...credentials) => ports.endedCredentials(...credentials),
      failed: ports.failed,
    })
    this.#rounds = new EdgeRounds({
      edges: all,
      idle: (edge) => this.#remove(edge),
      ...(elsewhere ? { report: (org_id, report) => elsewhere.report(org_id, report) } : {}),
      watch: this.#watch,
      credentials: this.#credentials,
      heartbeat_seconds,
    })
  }

  get draining(): boolean {
    return this.#draining
  }

  /** The edge of an org; loaded on first use. Throws 404 when there is no such org. */
  async open(org_id: string): Promise<OrgEdge> {
    let edge = this.#ready.get(org_id) ?? (await this.#loading(org_id))
    if (this.#watch && !this.#watch.isFresh(edge, Date.now())) {
      await edge.refresh()
      // An edge of a log that was replaced is dropped.
      edge = this.#ready.get(org_id) ?? (await this.#loading(org_id))
    }
    edge.last_used_at = Date.now()
    return edge
  }

  /**
   * The edge of an org at the end of its log: what any node acknowledged before this call is in it. Answers that are made of
   * what an edge knows, e.g. lists of what the caller may read, show nothing older than a client has been told elsewhere. It
   * costs a read of the head, shared by callers, unless the node is alone.
   */
  async current(org_id: string): Promise<OrgEdge> {
    const asked_at = Date.now()
    const edge = await this.open(org_id)
    // In the same millisecond that read may have been before this call.
    if (!this.#watch || edge.confirmed_at > asked_at) return edge
    await edge.refresh()
    return this.#ready.get(org_id) ?? (await this.#loading(org_id))
  }

  /** The edge of an org once it is known who of the org is at other nodes; undefined when the org is gone. */
  async settled(org_id: string): Promise<OrgEdge | undefined> {
    const edge = await this.open(org_id).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return undefined
      throw error
    })
    const wait_ms = edge && this.#watch ? edge.loaded_at + ANSWERS_MS - Date.now() : 0
    if (wait_ms > 0) await new Promise<void>((resolve) => setTimeout(resolve, wait_ms))
    return edge
  }

  /** The edge of an org when it is loaded, and knows who is at other nodes. */
  peekSettled(org_id: string): OrgEdge | undefined {
    const edge = this.#ready.get(org_id)
    return edge && (!this.#watch || Date.now() - edge.loaded_at >= ANSWERS_MS) ? edge : undefined
  }

  /** The edge of an org when it is loaded. */
  peek(org_id: string): OrgEdge | undefined {
    return this.#ready.get(org_id)
  }

  /**
   * Whether an edge was behind its log when it stood at `seen`; it is at the end of the log afterwards. Another node may have
   * answered a client before its events arrived here. A node that is alone is never behind.
   */
  async wasBehind(org_id: string, seen: number): Promise<boolean> {
    const edge = this.#ready.get(org_id)
    if (!edge || !this.#watch) return false
    if (edge.head() === seen) await edge.refresh()
    return this.#ready.get(org_id)?.head() !== seen
  }

  #loading(org_id: string): Promise<OrgEdge> {
    let loading = this.#edges.get(org_id)
    if (!loading) {
      loading = this.#load(org_id)
      this.#edges.set(org_id, loading)
      loading.catch(() => {
        this.#edges.delete(org_id)
        this.#ports.elsewhere?.leave(org_id)
      })
    }
    return loading
  }

  /** Listens first and reads afterwards: batches published meanwhile are kept, so that none is missed. */
  async #load(org_id: string): Promise<OrgEdge> {
    this.#early.set(org_id, [])
    try {
      await this.#ports.elsewhere?.join(org_id)
      const as_of = Date.now()
      const loaded = await this.#ports.load(org_id)
      if (!loaded) throw notFound('org')
      const edge: OrgEdge = new OrgEdge(org_id, loaded, this.#ports, {
        heartbeat_seconds: this.#heartbeat_seconds,
        failed: this.#ports.failed,
        gaveUp: (error) => this.#drop(edge, error),
        gone: () => this.forget(org_id),
        mayHaveEnded: () => this.#credentials.soon(),
        agentStayed: (stay) => this.#ports.elsewhere?.stay(org_id, stay),
      })
      edge.confirmed_at = as_of
      edge.loaded_at = Date.now()
      edge.last_used_at = edge.loaded_at
      this.#ready.set(org_id, edge)
      for (const batch of this.#early.get(org_id) ?? []) this.#deliverTo(edge, batch)
      return edge
    } finally {
      this.#early.delete(org_id)
    }
  }

  /** Takes a batch that an owner published. Never throws. */
  deliver(batch: PublishedBatch): void {
    const edge = this.#ready.get(batch.org_id)
    if (edge) this.#deliverTo(edge, batch)
    else this.#early.get(batch.org_id)?.push(batch)
  }

  #deliverTo(edge: OrgEdge, batch: PublishedBatch): void {
    try {
      edge.deliver(batch)
    } catch (error) {
      this.#drop(edge, error)
    }
  }

  /** An edge that cannot follow its log is dropped. Its clients come back to a fresh one and resume by their cursors. */
  #drop(edge: OrgEdge, error: unknown): void {
    this.#ports.failed('deliver events at an edge', error)
    this.#remove(edge)
    edge.stop()
    for (const sink of edge.sinks()) sink.comeBack()
  }

  #remove(edge: OrgEdge): void {
    if (this.#ready.get(edge.org_id) !== edge) return
    this.#unload(edge)
  }

  #unload(edge: OrgEdge): void {
    this.#ready.delete(edge.org_id)
    this.#edges.delete(edge.org_id)
    this.#reportLast(edge)
    this.#ports.elsewhere?.leave(edge.org_id)
  }

  // -- from other nodes -----------------------------------------------------------------------------------------------

  /** Another node says where the log of an org ends. */
  headAnnounced(org_id: string, head: LogHead): void {
    this.#ready.get(org_id)?.announced(head, Date.now())
  }

  attendanceReported(org_id: string, node: string, report: AttendanceReport): void {
    const edge = this.#ready.get(org_id)
    if (!edge || edge.attendance.reported(node, report, Date.now())) return
    const now = Date.now()
    if (now - edge.asked_at < ASK_MS) return
    edge.asked_at = now
    this.#ports.elsewhere?.ask(org_id)
  }

  agentStayed(org_id: string, node: string, stay: AgentStay): void {
    this.#ready.get(org_id)?.attendance.stayedElsewhere(node, stay, Date.now())
  }

  attendanceAsked(org_id: string): void {
    this.#ready.get(org_id)?.reporter.asked()
  }

  /** Messages of other nodes may have been missed: edges compare themselves with storage at their next chance. */
  missed(): void {
    for (const edge of this.#ready.values()) edge.confirmed_at = 0
    this.#reading_subscriptions = this.#reading_subscriptions.then(() => this.#readSubscriptions())
  }

  /** One org after another: each costs a statement, and all nodes do it at the same moment. */
  async #readSubscriptions(): Promise<void> {
    for (const { streams } of [...this.#ready.values()])
      if (streams.size > 0)
        await streams
          .readSubscriptions()
          .catch((error: unknown) => this.#ports.failed('read the subscriptions of open streams', error))
  }

  /** Fallback: ends the streams of credentials that have ended, in case that was missed. Never rejects. */
  checkCredentials(): Promise<void> {
    return this.#credentials.check()
  }

  /** Closes the streams of an ended session or key, in every org of this node. */
  revoke(revocation: Revocation): void {
    for (const edge of this.#ready.values()) edge.revoke(revocation)
  }

  /** The org is gone: ends its streams and forgets it. */
  forget(org_id: string): void {
    const edge = this.#ready.get(org_id)
    this.#edges.delete(org_id)
    if (!edge) return
    this.#unload(edge)
    for (const sink of edge.sinks()) sink.revoke('membership')
  }

  /** Refuses a connection over the org's limit, counted over all nodes, or while the node drains. */
  admit(edge: OrgEdge, kind: 'sse' | 'websocket'): void {
    if (this.#draining) throw draining()
    const limit = edge.permissions.settings.connection_limits[kind]
    if (edge.counts[kind] + edge.attendance.connectionsElsewhere(kind) < limit) return
    throw new ApiError('CONNECTION_LIMIT', `This organization has ${limit} connections of this kind open.`, {
      retry_after_s: RETRY_S,
      rate_limit: { limit, remaining: 0, reset_s: RETRY_S },
    })
  }

  counts(): { orgs: number; sse: number; websocket: number } {
    const counts = { orgs: this.#ready.size, sse: 0, websocket: 0 }
    for (const edge of this.#ready.values()) {
      counts.sse += edge.counts.sse
      counts.websocket += edge.counts.websocket
    }
    return counts
  }

  /** The node stops: new connections are refused, open ones stay until {@link closeAll}. */
  startDraining(): void {
    this.#draining = true
  }

  /** Closes every connection so that clients come back elsewhere, spread over `spread_ms`. */
  closeAll(spread_ms: number): void {
    for (const edge of this.#ready.values()) {
      for (const socket of edge.sockets.all())
        socket.close(CLOSE.restarting, 'The server restarts. Come back.')
      for (const stream of edge.streams.all())
        stream.end('draining', retryFrame(Math.round(500 + Math.random() * spread_ms)))
    }
  }

  stop(): void {
    this.#rounds.stop()
    this.#credentials.stop()
    for (const edge of this.#ready.values()) this.#reportLast(edge)
  }

  #reportLast(edge: OrgEdge): void {
    const report = edge.reporter.last(edge.attendance)
    if (report) this.#ports.elsewhere?.report(edge.org_id, report)
  }
}
