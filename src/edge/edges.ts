import { CLOSE } from '../contracts/close-codes.ts'
import { ApiError, notFound } from '../contracts/errors.ts'
import type { ServerFrame } from '../contracts/frames.ts'
import type { PublishedBatch, Revocation } from '../contracts/log-event.ts'
import type { Export } from '../contracts/resources.ts'
import { OrgEdge } from './org-edge.ts'
import type { EdgeSource, NotificationsRead } from './source.ts'
import { retryFrame } from './sse-frames.ts'

/** What the node's edges need beside storage. */
export interface EdgesPorts extends EdgeSource {
  /** Of these credentials, those that ended; looked up in case a revocation was missed. */
  endedCredentials(
    sessions: string[],
    keys: { org_id: string; id: string }[],
  ): Promise<{ sessions: string[]; keys: string[] }>
  failed(stage: string, error: unknown): void
}

/** An edge without connections is dropped after this time without a request. */
const IDLE_MS = 60_000
/** Fallback: re-check the credentials of open streams this often, in case a revocation was missed. */
const CREDENTIAL_CHECK_MS = 5_000
/** Seconds after which a connection over the limit of its org may be tried again. */
const RETRY_S = 10
/** Half of the second within which a stream ends with its credential. */
const TICK_MS = 500
/** Presence is announced at most this often per channel: a crowd that connects at once is one frame, not thousands. */
const PRESENCE_MS = 1_000

/** Refusal of every request while the node stops: nothing was done. */
export function draining(): ApiError {
  return new ApiError('UNAVAILABLE', 'This server is restarting. Try again.', { retry_after_s: 2 })
}

/** The edges of this node, one per org with connections or requests. */
export class Edges {
  readonly #ports: EdgesPorts
  readonly #heartbeat_seconds: number
  readonly #edges = new Map<string, Promise<OrgEdge>>()
  readonly #ready = new Map<string, OrgEdge>()
  /** Batches that arrive while an edge is being loaded. */
  readonly #early = new Map<string, PublishedBatch[]>()
  readonly #timers: ReturnType<typeof setInterval>[] = []
  #draining = false

  constructor(ports: EdgesPorts, heartbeat_seconds: number) {
    this.#ports = ports
    this.#heartbeat_seconds = heartbeat_seconds
    this.#timers.push(
      setInterval(() => this.#heartbeat(), heartbeat_seconds * 1000),
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => this.#announcePresence(), PRESENCE_MS),
      setInterval(() => void this.#checkCredentials(), CREDENTIAL_CHECK_MS),
    )
  }

  get draining(): boolean {
    return this.#draining
  }

  /** The edge of an org; loaded on first use. Throws 404 when there is no such org. */
  async open(org_id: string): Promise<OrgEdge> {
    const edge = this.#ready.get(org_id) ?? (await this.#loading(org_id))
    edge.last_used_at = Date.now()
    return edge
  }

  /** The edge of an org when it is loaded. */
  peek(org_id: string): OrgEdge | undefined {
    return this.#ready.get(org_id)
  }

  #loading(org_id: string): Promise<OrgEdge> {
    let loading = this.#edges.get(org_id)
    if (!loading) {
      loading = this.#load(org_id)
      this.#edges.set(org_id, loading)
      loading.catch(() => this.#edges.delete(org_id))
    }
    return loading
  }

  /** Listens first and reads afterwards: batches published meanwhile are kept, so that none is missed. */
  async #load(org_id: string): Promise<OrgEdge> {
    this.#early.set(org_id, [])
    try {
      const loaded = await this.#ports.load(org_id)
      if (!loaded) throw notFound('org')
      const edge: OrgEdge = new OrgEdge(org_id, loaded, this.#ports, {
        heartbeat_seconds: this.#heartbeat_seconds,
        failed: this.#ports.failed,
        gaveUp: (error) => this.#drop(edge, error),
      })
      edge.last_used_at = Date.now()
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
    for (const socket of edge.sockets.all()) socket.close(CLOSE.restarting, 'Come back.')
    for (const stream of edge.streams.all()) stream.end('failed')
  }

  #remove(edge: OrgEdge): void {
    if (this.#ready.get(edge.org_id) !== edge) return
    this.#ready.delete(edge.org_id)
    this.#edges.delete(edge.org_id)
  }

  ephemeral(to: {
    org_id: string
    channel_id: string
    except_user_id?: string
    only_user_id?: string
    frame: ServerFrame
  }): void {
    this.#ready.get(to.org_id)?.ephemeral(to.channel_id, to.frame, to)
  }

  /** Tells a user's streams of this node that it has read notifications. */
  notificationsRead(read: NotificationsRead): void {
    this.#ready.get(read.org_id)?.streams.notificationsRead(read)
  }

  /** How far an export of an org is, for its administrators who are connected here. */
  tellExport(org_id: string, exported: Export): void {
    this.#ready.get(org_id)?.streams.tellExport(exported)
  }

  /** Closes the streams of an ended session or key, in every org of this node. */
  revoke(revocation: Revocation): void {
    for (const edge of this.#ready.values()) edge.revoke(revocation)
  }

  /** The org is gone: ends its streams and forgets it. */
  forget(org_id: string): void {
    const edge = this.#ready.get(org_id)
    this.#ready.delete(org_id)
    this.#edges.delete(org_id)
    for (const sink of edge?.sinks() ?? []) sink.revoke('membership')
  }

  /** Refuses a connection over the org's limit, or while the node drains. */
  admit(edge: OrgEdge, kind: 'sse' | 'websocket'): void {
    if (this.#draining) throw draining()
    const limit = edge.permissions.settings.connection_limits[kind]
    if (edge.counts[kind] < limit) return
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
    for (const timer of this.#timers) clearInterval(timer)
  }

  #heartbeat(): void {
    for (const edge of this.#ready.values()) edge.streams.heartbeat()
  }

  #tick(): void {
    const now = Date.now()
    for (const edge of this.#ready.values()) {
      edge.sockets.checkSlow()
      edge.attendance.expire(now)
      for (const sink of edge.streams.all()) sink.checkStall(now)
      for (const sink of edge.sockets.all()) sink.checkAlive(now)
      edge.revokeExpired(now)
      const { sse, websocket } = edge.counts
      if (sse + websocket + edge.attendance.size > 0) edge.last_used_at = now
      else if (now - edge.last_used_at > IDLE_MS) this.#remove(edge)
    }
  }

  #announcePresence(): void {
    for (const edge of this.#ready.values()) edge.sockets.announcePresence()
  }

  async #checkCredentials(): Promise<void> {
    const sessions = new Set<string>()
    const keys = new Map<string, string>()
    for (const edge of this.#ready.values())
      for (const { credential } of edge.sinks()) {
        const { session_id, key_id } = credential.principal
        if (session_id !== undefined) sessions.add(session_id)
        if (key_id !== undefined) keys.set(key_id, edge.org_id)
      }
    if (sessions.size + keys.size === 0) return
    try {
      const asked = [...keys].map(([id, org_id]) => ({ id, org_id }))
      const ended = await this.#ports.endedCredentials([...sessions], asked)
      // A credential that expired is reported as expired, not as revoked.
      for (const edge of this.#ready.values()) edge.revokeExpired(Date.now())
      for (const session_id of ended.sessions) this.revoke({ reason: 'session', session_id })
      if (ended.keys.length > 0) this.revoke({ reason: 'key', key_ids: ended.keys })
    } catch (error) {
      this.#ports.failed('check the credentials of open streams', error)
    }
  }
}
