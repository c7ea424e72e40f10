import type { AgentStay, AttendanceReport, LogHead, RelayedFrame } from '../contracts/relay.ts'

/** The other nodes of a cluster, as the edges of this one need them. What is sent may be lost. */
export interface Elsewhere {
  /** Takes what others send about an org from the time it resolves, if they can be heard at all. Never rejects. */
  join(org_id: string): Promise<void>
  leave(org_id: string): void
  /** Whether what others send about the org arrives here at present. */
  hears(org_id: string): boolean
  /** Sends a frame that may be lost to the connections of an org at other nodes. */
  send(org_id: string, frame: RelayedFrame): void
  /** Tells who of an org is here. */
  report(org_id: string, report: AttendanceReport): void
  /** Says at once that an agent came here or left, ahead of the next report. */
  stay(org_id: string, stay: AgentStay): void
  /** Asks who of an org is at other nodes. */
  ask(org_id: string): void
  /** The stored heads of orgs, in one statement; an org that is gone has none. */
  heads(org_ids: readonly string[]): Promise<ReadonlyMap<string, LogHead>>
}
