import type { AttendanceReport } from '../contracts/relay.ts'
import type { CredentialCheck } from './credential-check.ts'
import type { HeadWatch } from './head-watch.ts'
import type { OrgEdge } from './org-edge.ts'

/** An edge without connections is dropped after this time without a request. */
const IDLE_MS = 60_000
/** Fallback: re-check the credentials of open streams this often, in case a revocation was missed. */
const CREDENTIAL_CHECK_MS = 5_000
/** Half of the second within which a stream ends with its credential. */
const TICK_MS = 500
/** Presence is announced at most this often per channel: a crowd that connects at once is one frame, not thousands. */
const PRESENCE_MS = 1_000

interface Ports {
  heartbeat_seconds: number
  /** The edges that are loaded. */
  edges(): Iterable<OrgEdge>
  /** An edge has had no connection and no request for a while. */
  idle(edge: OrgEdge): void
  credentials: Pick<CredentialCheck, 'check'>
  /** Both absent when the node is alone. */
  watch: HeadWatch | undefined
  report?(org_id: string, report: AttendanceReport): void
}

/** What the edges of a node do by the clock. */
export class EdgeRounds {
  readonly #ports: Ports
  readonly #timers: readonly ReturnType<typeof setInterval>[]

  constructor(ports: Ports) {
    this.#ports = ports
    this.#timers = [
      setInterval(() => this.#heartbeat(), ports.heartbeat_seconds * 1000),
      setInterval(() => this.#tick(Date.now()), TICK_MS),
      setInterval(() => this.#announcePresence(Date.now()), PRESENCE_MS),
      setInterval(() => void ports.credentials.check(), CREDENTIAL_CHECK_MS),
    ]
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  #heartbeat(): void {
    for (const edge of this.#ports.edges()) edge.streams.heartbeat()
  }

  #tick(now: number): void {
    for (const edge of this.#ports.edges()) {
      edge.sockets.checkSlow()
      edge.attendance.expire(now)
      for (const sink of edge.streams.all()) sink.checkStall(now)
      for (const sink of edge.sockets.all()) sink.checkAlive(now)
      edge.revokeExpired(now)
      if (edge.isConnected || edge.attendance.size > 0) edge.last_used_at = now
      else if (now - edge.last_used_at > IDLE_MS) this.#ports.idle(edge)
    }
    void this.#ports.watch?.tick(now)
  }

  #announcePresence(now: number): void {
    for (const edge of this.#ports.edges()) {
      edge.sockets.announcePresence()
      if (!this.#ports.report) continue
      const report = edge.reporter.next(edge.attendance, edge.counts, now)
      if (report) this.#ports.report(edge.org_id, report)
    }
  }
}
