import { type Static, Type } from '@sinclair/typebox'
import type { ErrorBody } from './errors.ts'
import { LIMITS } from './limits.ts'
import type { Channel, Message } from './resources.ts'
import { Closed, Count, Nullable, OneOf, Text, Uuid } from './schema.ts'
import { type DeliveryState, MESSAGE_KINDS } from './vocabulary.ts'

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
  reply_to: Type.Optional(Nullable(Uuid())),
  kind: Type.Optional(OneOf(MESSAGE_KINDS)),
})
export const TypingFrame = Closed({ type: Type.Literal('typing'), channel_id: Uuid() })
export const ReadFrame = Closed({ type: Type.Literal('read'), channel_id: Uuid(), seq: Count() })
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

/** Server → client. */
export type ServerFrame =
  | { type: 'ready'; log: string; user_id: string; channels: { id: string; last_seq: number }[] }
  | { type: 'ack'; client_id: string | null; channel_id: string; id: string; seq: number; created_at: string }
  | { type: 'error'; client_id?: string; error: ErrorBody['error'] }
  | { type: 'message'; message: Message }
  | { type: 'typing' | 'typing_stopped'; channel_id: string; user_id: string }
  | { type: 'read'; channel_id: string; seq: number }
  | { type: 'pong' }
  | { type: 'channel_added'; channel: Channel }
  | { type: 'channel_removed'; channel_id: string }
  | { type: 'presence'; channel_id: string; user_ids: string[] }
  | {
      type: 'delivery'
      channel_id: string
      seq: number
      agent_id: string
      state: DeliveryState
      detail: string | null
    }
  | { type: 'resync'; channel_id: string; last_seq: number }
