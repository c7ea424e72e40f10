import type { LogEvent, UserNotification } from '../contracts/log-event.ts'
import type { LogHead } from '../contracts/relay.ts'
import type { Subscriptions } from '../contracts/requests.ts'
import type { Message } from '../contracts/resources.ts'
import type { PermissionSnapshot } from '../domain/permission-snapshot.ts'
import type { WorkOn } from './work.ts'

/** State of an org in one snapshot: what an edge starts from. */
export interface OrgSnapshot {
  log: string
  head: number
  permissions: PermissionSnapshot
  channels: { id: string; last_seq: number }[]
  /** Messages that agents work on. */
  work: WorkOn[]
}

/** A channel with the last seq that an edge has delivered. */
export interface ChannelPosition {
  id: string
  last_seq: number
}

/** A user's read marker of one channel; the counts of unread messages and mentions end at the position asked for. */
export interface ReadMarker {
  channel_id: string
  read_seq: number
  unread_count: number
  mention_count: number
  rewinds: number
  muted: boolean
}

/** Notifications that a user has read; told to its streams, not stored for them. */
export interface NotificationsRead {
  org_id: string
  user_id: string
  notification_ids: readonly string[]
  read_at: string
}

/** Storage and fan-out as an edge needs them. Ranges exclude `after` and include `until`. */
export interface EdgeSource {
  load(org_id: string): Promise<OrgSnapshot | undefined>
  /** Events of a range in order, at most `limit`. */
  events(org_id: string, after: number, until: number, limit: number): Promise<LogEvent[]>
  /** Notifications of these users that follow from events of a range, in order. */
  notifications(
    org_id: string,
    user_ids: readonly string[],
    after: number,
    until: number,
  ): Promise<UserNotification[]>
  /** Messages of a channel in a range of seqs, in order, at most `limit`. */
  messages(
    org_id: string,
    channel_id: string,
    after: number,
    until: number,
    limit: number,
  ): Promise<Message[]>
  /** The user's markers of these channels; a channel without one is left out. */
  readMarkers(org_id: string, user_id: string, positions: readonly ChannelPosition[]): Promise<ReadMarker[]>
  /** Undefined when the org is gone. */
  head(org_id: string): Promise<LogHead | undefined>
  subscriptions(org_id: string, user_id: string): Promise<Subscriptions>
  /** Sends a text frame to every WebSocket of this node that joined the topic: encoded once, written by the runtime. */
  publish(topic: string, text: string): void
  /** Counts a stream or a socket that this side ended, by reason or close code. */
  ended?(kind: 'sse' | 'websocket', reason: string): void
  /** Counts holes in the publication that are filled from storage. */
  hole?(): void
}
