import {
  type AgentStay,
  type AttendanceReport,
  type ConnectionCounts,
  REPORTED_USERS_MAX,
} from '../contracts/relay.ts'
import type { Absence } from '../domain/deliveries.ts'
import { REPORT_EXPIRES_MS } from './attendance-reporter.ts'

/** An agent without a connection is here for this time after a call: longer than the usual interval of polling. */
export const RECENT_CALL_MS = 90_000

/** Who is at another node, as it said last. */
interface Reported {
  version: number
  reported_at: number
  counts: ConnectionCounts
  connected: Set<string>
  calling: Set<string>
}

/** Of a node that has said nothing but the stay of an agent: its first report has another. */
const UNKNOWN_VERSION = -1

/**
 * Which members of an org are here: those with an open stream or socket, and agents that called recently, at this node or,
 * as those report, at others. One entry per member; it is kept with the connections, so it wakes no actor and costs no
 * statement.
 */
export class Attendance {
  /** Open streams and sockets of each member that has some. */
  readonly #connections = new Map<string, number>()
  /** Time of the last call of each agent that is here by its calls alone, the oldest first. */
  readonly #called_at = new Map<string, number>()
  /** End of the last stay of members that are away. */
  readonly #left_at = new Map<string, number>()
  /** By node. */
  readonly #elsewhere = new Map<string, Reported>()
  readonly #changed: (user_id: string) => void
  readonly #many_changed: (user_ids: readonly string[]) => void
  readonly #stayed: (user_id: string, is: AgentStay['is']) => void
  #version = 0

  /**
   * `changed` is called when a member comes, goes, or opens a connection after calls alone; `manyChanged` for all that
   * another node reports at once; `stayed` when a member's stay at this node changes.
   */
  constructor(
    changed: (user_id: string) => void,
    manyChanged: (user_ids: readonly string[]) => void = (user_ids) => user_ids.forEach(changed),
    stayed: (user_id: string, is: AgentStay['is']) => void = () => undefined,
  ) {
    this.#changed = changed
    this.#many_changed = manyChanged
    this.#stayed = stayed
  }

  /** Members that are here by this node. */
  get size(): number {
    return this.#connections.size + this.#called_at.size
  }

  /** Changes with {@link members}. */
  get version(): number {
    return this.#version
  }

  /** Who is here by this node. */
  members(): NonNullable<AttendanceReport['members']> {
    return {
      connected: [...this.#connections.keys()].slice(0, REPORTED_USERS_MAX),
      calling: [...this.#called_at.keys()].slice(0, REPORTED_USERS_MAX),
    }
  }

  isHere(user_id: string): boolean {
    return this.#isConnected(user_id) || this.#called_at.has(user_id) || this.#callsElsewhere(user_id)
  }

  /** Whether a member is here by its calls alone. */
  isCalling(user_id: string): boolean {
    if (this.#isConnected(user_id)) return false
    return this.#called_at.has(user_id) || this.#callsElsewhere(user_id)
  }

  here(): string[] {
    const here = new Set([...this.#connections.keys(), ...this.#called_at.keys()])
    for (const { connected, calling } of this.#elsewhere.values())
      for (const ids of [connected, calling]) for (const id of ids) here.add(id)
    return [...here]
  }

  /** End of the last stay, in milliseconds since 1970; undefined when it was not seen here. */
  leftAt(user_id: string): number | undefined {
    return this.#left_at.get(user_id)
  }

  /** Since when a member is away, as far as it was seen here; undefined while the member is here. */
  absenceOf(user_id: string): Absence | undefined {
    if (this.isHere(user_id)) return undefined
    const left_at = this.leftAt(user_id)
    return { since: left_at === undefined ? null : new Date(left_at).toISOString() }
  }

  opened(user_id: string): void {
    const was_connected = this.#connections.has(user_id)
    this.#called_at.delete(user_id)
    this.#connections.set(user_id, (this.#connections.get(user_id) ?? 0) + 1)
    if (!was_connected) this.#came(user_id)
  }

  /** The end of the last connection ends the stay at once: calls before it do not count. */
  closed(user_id: string, now: number): void {
    const left = (this.#connections.get(user_id) ?? 0) - 1
    if (left > 0) {
      this.#connections.set(user_id, left)
      return
    }
    if (this.#connections.delete(user_id)) this.#went(user_id, now)
  }

  /** A call of an agent. */
  called(user_id: string, now: number): void {
    if (this.#connections.has(user_id)) return
    const was_here = this.#called_at.delete(user_id)
    this.#called_at.set(user_id, now)
    if (!was_here) this.#came(user_id)
  }

  /** Ends the stays of agents whose last call is too long ago, and of whoever is at a node that says nothing any more. */
  expire(now: number): void {
    for (const [node, { reported_at }] of this.#elsewhere)
      if (now - reported_at > REPORT_EXPIRES_MS) this.#forget(node, now)
    for (const [user_id, called_at] of this.#called_at) {
      if (now - called_at <= RECENT_CALL_MS) return
      this.#called_at.delete(user_id)
      this.#went(user_id, called_at)
    }
  }

  // -- other nodes ----------------------------------------------------------------------------------------------------

  /** Takes the report of another node; false when it builds on one that is not known here. */
  reported(node: string, { version, counts, members }: AttendanceReport, now: number): boolean {
    const before = this.#elsewhere.get(node)
    if (members) {
      const connected = new Set(members.connected)
      const calling = new Set(members.calling)
      if (connected.size + calling.size + counts.sse + counts.websocket === 0) this.#elsewhere.delete(node)
      else this.#elsewhere.set(node, { version, reported_at: now, counts, connected, calling })
      this.#tell(differences(before, { connected, calling }), now)
      return true
    }
    if (before?.version !== version) return false
    before.reported_at = now
    before.counts = counts
    return true
  }

  /** Takes the stay of one agent at another node, ahead of its report. */
  stayedElsewhere(node: string, { user_id, is }: AgentStay, now: number): void {
    const known = this.#elsewhere.get(node)
    if (!known && is === 'away') return
    const { connected, calling } = known ?? { connected: new Set<string>(), calling: new Set<string>() }
    if (!known) {
      const counts = { sse: 0, websocket: 0 }
      this.#elsewhere.set(node, { version: UNKNOWN_VERSION, reported_at: now, counts, connected, calling })
    }
    const was = connected.has(user_id) ? 'connected' : calling.has(user_id) ? 'calling' : 'away'
    if (was === is) return
    connected.delete(user_id)
    calling.delete(user_id)
    if (is !== 'away') (is === 'connected' ? connected : calling).add(user_id)
    this.#tell([user_id], now)
  }

  /** Connections of the org at other nodes. */
  connectionsElsewhere(kind: keyof ConnectionCounts): number {
    let count = 0
    for (const { counts } of this.#elsewhere.values()) count += counts[kind]
    return count
  }

  #forget(node: string, now: number): void {
    const before = this.#elsewhere.get(node)
    this.#elsewhere.delete(node)
    this.#tell(differences(before, NOBODY), now)
  }

  #tell(user_ids: readonly string[], now: number): void {
    if (user_ids.length === 0) return
    for (const id of user_ids)
      if (this.isHere(id)) this.#left_at.delete(id)
      else this.#left_at.set(id, now)
    this.#many_changed(user_ids)
  }

  #isConnected(user_id: string): boolean {
    if (this.#connections.has(user_id)) return true
    for (const { connected } of this.#elsewhere.values()) if (connected.has(user_id)) return true
    return false
  }

  #callsElsewhere(user_id: string): boolean {
    for (const { calling } of this.#elsewhere.values()) if (calling.has(user_id)) return true
    return false
  }

  #came(user_id: string): void {
    this.#version++
    this.#left_at.delete(user_id)
    this.#stayed(user_id, this.#connections.has(user_id) ? 'connected' : 'calling')
    this.#changed(user_id)
  }

  #went(user_id: string, at: number): void {
    this.#version++
    if (!this.isHere(user_id)) this.#left_at.set(user_id, at)
    this.#stayed(user_id, 'away')
    this.#changed(user_id)
  }
}

type Members = Record<'connected' | 'calling', ReadonlySet<string>>

const NOBODY: Members = { connected: new Set(), calling: new Set() }

/** Users of whom two reports say something else. */
function differences(a: Members = NOBODY, b: Members): string[] {
  const changed = new Set<string>()
  for (const kind of ['connected', 'calling'] as const) {
    for (const id of a[kind]) if (!b[kind].has(id)) changed.add(id)
    for (const id of b[kind]) if (!a[kind].has(id)) changed.add(id)
  }
  return [...changed]
}
