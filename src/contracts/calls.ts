import { type Static, type TObject, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import {
  COMMAND_SCHEMAS,
  type CommandName,
  MessagePost,
  type NamedInput,
  Posted,
  type Results,
} from './commands.ts'
import { ERROR_CODES, RateLimitState } from './errors.ts'
import { LIMITS } from './limits.ts'
import { LogEvent } from './log-event.ts'
import { AuthenticatedPrincipal, Principal } from './principal.ts'
import { Closed, Count, isPlainData, Nullable, OneOf, PlainData, TaggedUnion, Text, Uuid } from './schema.ts'

/*
 * Actor calls and their replies: plain data, because the caller may be on another node.
 */

/** The `Idempotency-Key` of a request. */
export const Idempotency = Closed({
  route: Type.String(),
  key: Text(LIMITS.idempotency_key_max),
  fingerprint: Type.String({ description: 'Hash of the body: the same key with another body is refused.' }),
})
export type Idempotency = Static<typeof Idempotency>

/** True for a call that may have run before: its stored reply is looked up first. */
const retry = Type.Optional(Type.Boolean())

const envelope = {
  command_id: Uuid('Chosen by the first node that saw the call; a retry carries the same one.'),
  principal: Principal,
  retry,
  idempotency: Type.Optional(Idempotency),
}

/** A call for a change of an org: one of the commands, with an input of its schema. */
export type CommandCall<N extends CommandName = CommandName> = {
  [K in N]: Static<TObject<typeof envelope>> & NamedInput<K>
}[N]
export const CommandCall = Type.Unsafe<CommandCall>(
  TaggedUnion(
    Object.fromEntries(
      Object.entries(COMMAND_SCHEMAS).map(([command, { input }]) => [
        command,
        Closed({ ...envelope, command: Type.Literal(command), input }),
      ]),
    ),
    {},
    'command',
  ),
)

/** A call of the actor of an org that runs the command `N`. */
export interface CommandRequest<N extends CommandName = CommandName> {
  type: 'command'
  call: CommandCall<N>
}

/** The answer of a command. */
export const Reply = Closed({
  result: PlainData('Result of the command.'),
  replayed: Type.Boolean({
    description: 'Answer of an earlier request with the same key: nothing was done now.',
  }),
})
export type Reply = Static<typeof Reply>

/** The answer of the command `N`. */
export type ReplyTo<N extends CommandName> = Reply & { result: Results[N] }

/** A call of the actor of an org. */
export const OrgRequest = TaggedUnion({
  command: Closed({ type: Type.Literal('command'), call: CommandCall }),
  replay: Closed({ type: Type.Literal('replay'), after: Count(), limit: Count() }),
})
export type OrgRequest = Static<typeof OrgRequest>

/** `replay` answers null when the memory of the owner does not reach back to the position asked for. */
export const OrgReply = Type.Union([Reply, Type.Array(LogEvent), Type.Null()])
export type OrgReply = Static<typeof OrgReply>

const PostRequest = Closed({
  type: Type.Literal('post'),
  command_id: Uuid(),
  posting: MessagePost,
  principal: AuthenticatedPrincipal,
  retry,
  idempotency: Type.Optional(Idempotency),
})
export type PostRequest = Static<typeof PostRequest>

/** A marker that was set before the user moved it back is out of date. */
const rewinds = Type.Optional(Count({ description: 'Count of moves back that the sender knows of.' }))

const ReadRequest = Closed({
  type: Type.Literal('read'),
  user_id: Uuid(),
  seq: Count(),
  rewinds,
  now: Type.Boolean({
    description: 'Answers once the marker is stored; else it is saved with others later.',
  }),
})
export type ReadRequest = Static<typeof ReadRequest>

const UnreadRequest = Closed({
  type: Type.Literal('unread'),
  user_id: Uuid(),
  seq: Count({ minimum: 1, description: 'The first message that is unread again.' }),
})
export type UnreadRequest = Static<typeof UnreadRequest>

/** An administrator ends the pause of agents by the loop brake. */
const LiftRequest = Closed({
  type: Type.Literal('lift_pause'),
  command_id: Uuid(),
  principal: AuthenticatedPrincipal,
  retry,
})
export type LiftRequest = Static<typeof LiftRequest>

/** A call of the actor of a channel. */
export const ChannelRequest = TaggedUnion({
  post: PostRequest,
  typing: Closed({ type: Type.Literal('typing'), user_id: Uuid() }),
  typing_stopped: Closed({ type: Type.Literal('typing_stopped'), user_id: Uuid() }),
  read: ReadRequest,
  unread: UnreadRequest,
  lift_pause: LiftRequest,
  save_reads: Closed({ type: Type.Literal('save_reads') }),
})
export type ChannelRequest = Static<typeof ChannelRequest>

/** A user's place in a channel. */
export const ReadMarker = Closed({
  read_seq: Count(),
  unread_count: Count(),
  mention_count: Count(),
  rewinds: Type.Optional(Count({ description: 'Left out when the marker was never moved back.' })),
})
export type ReadMarker = Static<typeof ReadMarker>

export const PostReply = Closed({ result: Posted, replayed: Type.Boolean() })
export type PostReply = Static<typeof PostReply>

/** What each call of a channel answers; `read` answers null when the channel is gone, or before it is saved, `unread` when the channel is gone. */
export const CHANNEL_REPLIES = {
  post: PostReply,
  typing: Type.Null(),
  typing_stopped: Type.Null(),
  read: Nullable(ReadMarker),
  unread: Nullable(ReadMarker),
  lift_pause: Type.Null(),
  save_reads: Type.Null(),
} as const
export type ChannelReplyTo<R extends ChannelRequest> = Static<(typeof CHANNEL_REPLIES)[R['type']]>
export type ChannelReply = ChannelReplyTo<ChannelRequest>

/** Failure of a call. */
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
  // The node is being stopped: the org needs another owner.
  leaving: Closed({ type: Type.Literal('leaving') }),
  // A fault is reported where it happened; the caller only learns that there was one.
  fault: Closed({ type: Type.Literal('fault') }),
})
export type CallFailure = Static<typeof CallFailure>

const REQUESTS = new Map<string, TSchema>([
  ['org', OrgRequest],
  ['channel', ChannelRequest],
])

/** Whether data of another node is a call that actors of this kind take. */
export function isCallOf(kind: string, request: unknown): boolean {
  const schema = REQUESTS.get(kind)
  return schema !== undefined && isPlainData(request) && Value.Check(schema, request)
}

/** The answer of a call as it travels between nodes. */
export const CallOutcome = Type.Union([
  Closed({ ok: Type.Literal(true), reply: PlainData('Reply of the actor.') }),
  Closed({ ok: Type.Literal(false), failure: CallFailure }),
])
export type CallOutcome = Static<typeof CallOutcome>

/** What a node sends to another: a call of one of its actors, or the answer of a call. */
export const NodeMessage = TaggedUnion({
  call: Closed({
    type: Type.Literal('call'),
    id: Count({ description: 'Of the caller, in this life of its process.' }),
    from: Type.String({ description: 'The node that waits for the answer.' }),
    address: Closed({ kind: Type.String(), org_id: Uuid(), id: Uuid() }),
    request: PlainData('Checked by the schema of the actor.'),
  }),
  answer: Closed({ type: Type.Literal('answer'), id: Count(), outcome: CallOutcome }),
})
export type NodeMessage = Static<typeof NodeMessage>
