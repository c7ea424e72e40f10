import { type Static, Type } from '@sinclair/typebox'
import { SERVER_FRAMES } from './frames.ts'
import { PublishedBatch, Revocation } from './log-event.ts'
import { Subscriptions } from './requests.ts'
import { Export } from './resources.ts'
import { Closed, Count, TaggedUnion, Timestamp, Uuid } from './schema.ts'

/** Users that one report names at the most: beyond any team. */
export const REPORTED_USERS_MAX = 20_000
/** Frames in one message at the most. */
export const RELAYED_FRAMES_MAX = 500

/** Frames of a channel that are not stored. */
const ChannelFrame = TaggedUnion({
  typing: SERVER_FRAMES.typing,
  typing_stopped: SERVER_FRAMES.typing_stopped,
  read: SERVER_FRAMES.read,
  preferences: SERVER_FRAMES.preferences,
  delivery: SERVER_FRAMES.delivery,
})
export type ChannelFrame = Static<typeof ChannelFrame>

/** Something for the connections of an org that is not in its log; it may be lost. */
export const RelayedFrame = TaggedUnion({
  channel: Closed({
    type: Type.Literal('channel'),
    channel_id: Uuid(),
    frame: ChannelFrame,
    except_user_id: Type.Optional(Uuid()),
    only_user_id: Type.Optional(Uuid()),
  }),
  notifications_read: Closed({
    type: Type.Literal('notifications_read'),
    user_id: Uuid(),
    notification_ids: Type.Array(Uuid()),
    read_at: Timestamp(),
  }),
  export: Closed({ type: Type.Literal('export'), export: Export }),
  subscriptions: Closed({
    type: Type.Literal('subscriptions'),
    user_id: Uuid(),
    subscriptions: Subscriptions,
  }),
})
export type RelayedFrame = Static<typeof RelayedFrame>

/** Open connections of an org on one node. */
export const ConnectionCounts = Closed({ sse: Count(), websocket: Count() })
export type ConnectionCounts = Static<typeof ConnectionCounts>

/**
 * Who of an org is at a node. Without `members` nothing has changed since the report of this version, which a receiver asks
 * for when it does not know it.
 */
export const AttendanceReport = Closed({
  version: Count(),
  counts: ConnectionCounts,
  members: Type.Optional(
    Closed({
      connected: Type.Array(Uuid(), { maxItems: REPORTED_USERS_MAX }),
      calling: Type.Array(Uuid(), { maxItems: REPORTED_USERS_MAX }),
    }),
  ),
})
export type AttendanceReport = Static<typeof AttendanceReport>

/**
 * An agent came to a node or left it: at once, ahead of the next report. A message that follows at another node is judged by it
 * (C52).
 */
export const AgentStay = Closed({
  user_id: Uuid(),
  is: Type.Union([Type.Literal('connected'), Type.Literal('calling'), Type.Literal('away')]),
})
export type AgentStay = Static<typeof AgentStay>

/** Where the log of an org ends. */
export const LogHead = Closed({ log: Type.String(), sequence: Count() })
export type LogHead = Static<typeof LogHead>

/** From a node to the nodes that have connections of an org, by `type`. */
export const ORG_MESSAGES = {
  batch: Closed({ type: Type.Literal('batch'), batch: PublishedBatch }),
  head: Closed({ type: Type.Literal('head'), head: LogHead }),
  frames: Closed({
    type: Type.Literal('frames'),
    frames: Type.Array(RelayedFrame, { maxItems: RELAYED_FRAMES_MAX }),
  }),
  attendance: Closed({ type: Type.Literal('attendance'), report: AttendanceReport }),
  stay: Closed({ type: Type.Literal('stay'), stay: AgentStay }),
  ask: Closed({ type: Type.Literal('ask') }),
} as const
export type OrgMessage = Static<(typeof ORG_MESSAGES)[keyof typeof ORG_MESSAGES]>

/** From a node to all others, by `type`. */
export const NODE_MESSAGES = {
  revoked: Closed({ type: Type.Literal('revoked'), revocation: Revocation }),
  sessions_ended: Closed({ type: Type.Literal('sessions_ended') }),
  org_forgotten: Closed({ type: Type.Literal('org_forgotten'), org_id: Uuid() }),
} as const
export type NodeMessage = Static<(typeof NODE_MESSAGES)[keyof typeof NODE_MESSAGES]>
