import { type Static, Type } from '@sinclair/typebox'
import { ErrorDetail } from './errors.ts'
import { LIMITS } from './limits.ts'
import { LeaveOut } from './requests.ts'
import { Channel, Message } from './resources.ts'
import { Closed, Count, Nullable, OneOf, TaggedUnion, Text, Timestamp, Uuid } from './schema.ts'
import { DELIVERY_STATES, MESSAGE_KINDS } from './vocabulary.ts'

/** Client → server, one JSON text frame each. */
export const HelloFrame = Closed({
  type: Type.Literal('hello'),
  log: Type.Optional(Nullable(Type.String({ maxLength: 64 }))),
  resume: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Count())),
})
export const MessageFrame = Closed({
  type: Type.Literal('message'),
  channel_id: Uuid(),
  content: Text(LIMITS.message_content_max),
  client_id: Type.Optional(Text(LIMITS.client_id_max)),
  mentions: Type.Optional(Type.Array(Uuid(), { maxItems: LIMITS.mentions_max })),
  leave_out: Type.Optional(LeaveOut),
  reply_to: Type.Optional(Nullable(Uuid())),
  kind: Type.Optional(OneOf(MESSAGE_KINDS)),
})
export const TypingFrame = Closed({ type: Type.Literal('typing'), channel_id: Uuid() })
export const ReadFrame = Closed({
  type: Type.Literal('read'),
  channel_id: Uuid(),
  seq: Count(),
  rewinds: Type.Optional(
    Count({ description: 'As the client knows it; out of date, the frame changes nothing.' }),
  ),
})
export const PingFrame = Closed({ type: Type.Literal('ping') })

export type HelloFrame = Static<typeof HelloFrame>
export type MessageFrame = Static<typeof MessageFrame>
export type TypingFrame = Static<typeof TypingFrame>
export type ReadFrame = Static<typeof ReadFrame>
export type PingFrame = Static<typeof PingFrame>
export type ClientFrame = HelloFrame | MessageFrame | TypingFrame | ReadFrame | PingFrame

/** By `type`, so that a frame is checked against one schema and not against a union of five. */
export const CLIENT_FRAMES = {
  hello: HelloFrame,
  message: MessageFrame,
  typing: TypingFrame,
  read: ReadFrame,
  ping: PingFrame,
} as const
export const ClientFrame = TaggedUnion(CLIENT_FRAMES, { title: 'ClientFrame' })

/** Server → client, by `type`. */
export const SERVER_FRAMES = {
  ready: Closed({
    type: Type.Literal('ready'),
    log: Type.String(),
    user_id: Uuid(),
    channels: Type.Array(Closed({ id: Uuid(), last_seq: Count() })),
  }),
  ack: Closed({
    type: Type.Literal('ack'),
    client_id: Nullable(Text(LIMITS.client_id_max)),
    channel_id: Uuid(),
    id: Uuid(),
    seq: Count({ minimum: 1 }),
    created_at: Timestamp(),
  }),
  error: Closed({
    type: Type.Literal('error'),
    client_id: Type.Optional(Text(LIMITS.client_id_max)),
    error: ErrorDetail,
  }),
  message: Closed({ type: Type.Literal('message'), message: Message }),
  typing: Closed({ type: Type.Literal('typing'), channel_id: Uuid(), user_id: Uuid() }),
  typing_stopped: Closed({ type: Type.Literal('typing_stopped'), channel_id: Uuid(), user_id: Uuid() }),
  read: Closed({
    type: Type.Literal('read'),
    channel_id: Uuid(),
    seq: Count(),
    rewinds: Type.Optional(
      Count({
        description: 'Larger than known: the marker was moved back. Left out when it never was.',
      }),
    ),
  }),
  preferences: Closed({ type: Type.Literal('preferences'), channel_id: Uuid(), muted: Type.Boolean() }),
  pong: Closed({ type: Type.Literal('pong') }),
  channel_added: Closed({ type: Type.Literal('channel_added'), channel: Channel }),
  channel_removed: Closed({ type: Type.Literal('channel_removed'), channel_id: Uuid() }),
  presence: Closed({
    type: Type.Literal('presence'),
    channel_id: Uuid(),
    user_ids: Type.Array(Uuid(), { description: 'Everybody who is connected to the channel.' }),
    working: Type.Optional(
      Type.Array(Closed({ agent_id: Uuid(), seq: Count({ minimum: 1 }) }), {
        description:
          'Agents among them that work, each with the message of the channel. Left out when there is none.',
      }),
    ),
    calling_ids: Type.Optional(
      Type.Array(Uuid(), {
        description:
          'Agents among them that are here by their calls alone, without a stream. Left out when there is none.',
      }),
    ),
  }),
  delivery: Closed({
    type: Type.Literal('delivery'),
    channel_id: Uuid(),
    seq: Count({ minimum: 1 }),
    agent_id: Uuid(),
    state: OneOf(DELIVERY_STATES),
    detail: Nullable(Text(LIMITS.delivery_detail_max, { min: 0 })),
  }),
  resync: Closed({ type: Type.Literal('resync'), channel_id: Uuid(), last_seq: Count() }),
} as const
export const ServerFrame = TaggedUnion(SERVER_FRAMES, { title: 'ServerFrame' })
export type ServerFrame = Static<typeof ServerFrame>
