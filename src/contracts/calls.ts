import { type Static, Type } from '@sinclair/typebox'
import { ERROR_CODES, RateLimitState } from './errors.ts'
import { LIMITS } from './limits.ts'
import { LogEvent } from './log-event.ts'
import { AuthenticatedPrincipal, Principal } from './principal.ts'
import { Message } from './resources.ts'
import { Closed, Count, Nullable, OneOf, PlainData, TaggedUnion, Text, Uuid } from './schema.ts'
import { MESSAGE_KINDS } from './vocabulary.ts'

/*
 * Calls of actors and their answers: plain data, so that the caller may be on another node.
 */

/** The `Idempotency-Key` of a request. */
export const Idempotency = Closed({
  route: Type.String(),
  key: Text(LIMITS.idempotency_key_max),
  fingerprint: Type.String({ description: 'Hash of the body: the same key with another body is refused.' }),
})
export type Idempotency = Static<typeof Idempotency>

/** Whether the call may have run before: its reply is looked for first. */
const retry = Type.Optional(Type.Boolean())

/** A call for a change of an org. */
export const CommandCall = Closed({
  command_id: Uuid('Chosen by the first node that saw the call; a retry carries the same one.'),
  command: Type.String(),
  input: PlainData('Input of the command.'),
  principal: Principal,
  retry,
  idempotency: Type.Optional(Idempotency),
})
export type CommandCall = Static<typeof CommandCall>

/** The answer of a command. */
export const Reply = Closed({
  result: PlainData('Result of the command.'),
  replayed: Type.Boolean({
    description: 'Answer of an earlier request with the same key: nothing was done now.',
  }),
})
export type Reply = Static<typeof Reply>

/** A call of the actor of an org. */
export const OrgRequest = TaggedUnion({
  command: Closed({ type: Type.Literal('command'), call: CommandCall }),
  replay: Closed({ type: Type.Literal('replay'), after: Count(), limit: Count() }),
})
export type OrgRequest = Static<typeof OrgRequest>

/** `replay` answers null when the memory of the owner does not reach back to the position asked for. */
export const OrgReply = Type.Union([Reply, Type.Array(LogEvent), Type.Null()])
export type OrgReply = Static<typeof OrgReply>

/** Why a new message is refused; an idempotent replay of a stored one is answered all the same. */
export const PostRefusal = Closed({
  code: OneOf(['RATE_LIMITED', 'AGENT_LOOP']),
  message: Type.String(),
  retry_after_s: Count(),
  rate_limit: Type.Optional(RateLimitState),
})
export type PostRefusal = Static<typeof PostRefusal>

/** A message to post: the input of `message.post`. */
export const MessagePost = Closed({
  channel_id: Uuid(),
  content: Text(LIMITS.message_content_max),
  mentions: Type.Optional(Type.Array(Uuid(), { maxItems: LIMITS.mentions_max })),
  client_id: Type.Optional(Text(LIMITS.client_id_max)),
  content_hash: Type.String({
    description: 'Distinguishes an idempotent replay from another message under the same `client_id`.',
  }),
  reply_to: Type.Optional(Nullable(Uuid())),
  kind: Type.Optional(OneOf(MESSAGE_KINDS)),
  refusal: Type.Optional(PostRefusal),
})
export type MessagePost = Static<typeof MessagePost>

export const Posted = Closed({
  message: Message,
  repeated: Type.Boolean({
    description: 'The same `client_id` was stored before: nothing was done now.',
  }),
})
export type Posted = Static<typeof Posted>

const PostRequest = Closed({
  type: Type.Literal('post'),
  command_id: Uuid(),
  posting: MessagePost,
  principal: AuthenticatedPrincipal,
  retry,
  idempotency: Type.Optional(Idempotency),
})
export type PostRequest = Static<typeof PostRequest>

const ReadRequest = Closed({
  type: Type.Literal('read'),
  user_id: Uuid(),
  seq: Count(),
  now: Type.Boolean({
    description: 'Answers once the marker is stored; else it is saved with others later.',
  }),
})
export type ReadRequest = Static<typeof ReadRequest>

/** A call of the actor of a channel. */
export const ChannelRequest = TaggedUnion({
  post: PostRequest,
  typing: Closed({ type: Type.Literal('typing'), user_id: Uuid() }),
  typing_stopped: Closed({ type: Type.Literal('typing_stopped'), user_id: Uuid() }),
  read: ReadRequest,
  save_reads: Closed({ type: Type.Literal('save_reads') }),
})
export type ChannelRequest = Static<typeof ChannelRequest>

/** A user's place in a channel. */
export const ReadMarker = Closed({ read_seq: Count(), last_seq: Count(), mention_count: Count() })
export type ReadMarker = Static<typeof ReadMarker>

export const PostReply = Closed({ result: Posted, replayed: Type.Boolean() })
export type PostReply = Static<typeof PostReply>

/** What each call of a channel answers; `read` answers null when the channel is gone, or before it is saved. */
export const CHANNEL_REPLIES = {
  post: PostReply,
  typing: Type.Null(),
  typing_stopped: Type.Null(),
  read: Nullable(ReadMarker),
  save_reads: Type.Null(),
} as const
export type ChannelReplyTo<R extends ChannelRequest> = Static<(typeof CHANNEL_REPLIES)[R['type']]>
export type ChannelReply = ChannelReplyTo<ChannelRequest>

/** Why a call was not answered with a reply. */
export const CallFailure = TaggedUnion({
  refused: Closed({
    type: Type.Literal('refused'),
    code: OneOf(ERROR_CODES),
    message: Type.String(),
    details: Type.Optional(PlainData('Of the refusal.')),
    retry_after_s: Type.Optional(Type.Number()),
    rate_limit: Type.Optional(RateLimitState),
  }),
  fenced: Closed({ type: Type.Literal('fenced'), message: Type.String(), may_be_stored: Type.Boolean() }),
  gone: Closed({ type: Type.Literal('gone'), message: Type.String() }),
  // A fault is reported where it happened; the caller only learns that there was one.
  fault: Closed({ type: Type.Literal('fault') }),
})
export type CallFailure = Static<typeof CallFailure>

/** The answer of a call as it travels between nodes. */
export const CallOutcome = Type.Union([
  Closed({ ok: Type.Literal(true), reply: PlainData('Reply of the actor.') }),
  Closed({ ok: Type.Literal(false), failure: CallFailure }),
])
export type CallOutcome = Static<typeof CallOutcome>
