import { ApiError, notFound, type RateLimitState } from '../contracts/errors.ts'
import { LIMITS } from '../contracts/limits.ts'
import type { Message } from '../contracts/resources.ts'
import type { MessageKind } from '../contracts/vocabulary.ts'
import { messageAt, messageExists, toMessage } from '../db/queries/messages.ts'
import type { Caller } from '../domain/caller.ts'
import { senderOf } from '../domain/caller.ts'
import { helpText } from '../domain/help.ts'
import type { NewEvent } from '../domain/log-event.ts'
import { messageKind, parseCommand, resolveMentions } from '../domain/messages.ts'
import type { Permissions } from '../domain/permissions.ts'
import type { Command, CommandContext, CommandOutcome } from './command.ts'
import { type KnownMessage, knownMessage } from './message-client-ids.ts'

export interface MessagePostInput {
  channel_id: string
  content: string
  mentions?: string[]
  client_id?: string
  /** Tells the same `client_id` with other content apart. */
  content_hash: string
  reply_to?: string | null
  kind?: MessageKind
  /** Set when the sender is over its rate or the channel is braked: only a repeat is answered. */
  refusal?: {
    code: 'RATE_LIMITED' | 'AGENT_LOOP'
    message: string
    retry_after_s: number
    rate_limit?: RateLimitState
  }
}

export interface MessagePostResult {
  message: Message
  /** The same `client_id` was stored before: nothing was done now. */
  repeated: boolean
}

/** Stores a message, and with it the command it may be, the mentions and their notifications. */
export const messagePost: Command<MessagePostInput, MessagePostResult> = {
  name: 'message.post',
  action: 'message.post',
  async run(context, input, caller) {
    const viewer = { kind: caller.kind === 'system' ? 'human' : caller.kind, id: caller.id ?? '' } as const
    if (!context.permissions.mayReadChannel(viewer, input.channel_id)) throw notFound('channel')
    const known = knownTo(context, input, caller)
    if (known) return await repeat(context, input, known)
    if (input.refusal) throw refused(input.refusal)
    if (input.reply_to !== undefined && input.reply_to !== null)
      await checkReply(context, input.channel_id, input.reply_to)

    const { permissions } = context
    const { mentions, ignored_mentions } = mentionsOf(permissions, input)
    const next = context.nextSeq(input.channel_id)
    const seq = typeof next === 'number' ? next : await next
    const sender = senderOf(caller)
    const row = {
      id: context.newId(),
      channel_id: input.channel_id,
      seq,
      kind: messageKind(input.kind, sender.type, input.content),
      sender_id: sender.id,
      sender_type: sender.type,
      sender_name: sender.display_name,
      content: input.content,
      mentions,
      ignored_mentions,
      client_id: input.client_id ?? null,
      content_hash: input.client_id === undefined ? null : input.content_hash,
      reply_to: input.reply_to ?? null,
      created_at: context.now,
      sequence: 0,
      project_ids: [],
    }
    context.rows.messages.push(row)
    const message = toMessage(row)
    const events = [messageCreated(permissions, message)]
    const command = parseCommand(input.content, sender.type)
    if (command && row.kind === 'command') {
      events.push(commandInvoked(permissions, message, command))
      if (command.command === 'help') events.push(await answerHelp(context, message))
    }
    return { result: { message, repeated: false }, events, notifications: mentionNotifications(message) }
  },
}

function refused(refusal: NonNullable<MessagePostInput['refusal']>): ApiError {
  const { code, message, ...options } = refusal
  return new ApiError(code, message, options)
}

/** Whether a message with the same `client_id` is stored. */
function knownTo(context: CommandContext, { channel_id, client_id }: MessagePostInput, caller: Caller) {
  if (client_id === undefined || caller.id === null) return undefined
  return knownMessage(context, channel_id, caller.id, client_id)
}

/** The stored message of the same `client_id`; another content under it is 409. */
async function repeat(
  context: CommandContext,
  input: MessagePostInput,
  known: KnownMessage,
): Promise<CommandOutcome<MessagePostResult>> {
  if (known.content_hash !== input.content_hash)
    throw new ApiError('IDEMPOTENCY_CONFLICT', 'This client_id was used for another message.')
  const message = await messageAt(context, context.org_id, input.channel_id, known.seq)
  if (!message) throw notFound('message')
  return { result: { message, repeated: true }, events: [] }
}

async function checkReply(context: CommandContext, channel_id: string, reply_to: string): Promise<void> {
  if (await messageExists(context, context.org_id, channel_id, reply_to)) return
  throw notFound('message')
}

function mentionsOf(permissions: Permissions, input: MessagePostInput) {
  const mayRead = (user_id: string) => {
    const member = permissions.member(user_id)
    return (
      member !== undefined && permissions.mayReadChannel({ kind: member.type, id: user_id }, input.channel_id)
    )
  }
  const idOf = (name: string) => permissions.usernames.get(name)
  const { ids, ignored } = resolveMentions(input.mentions ?? [], input.content, idOf, mayRead)
  return {
    mentions: ids.slice(0, LIMITS.mentions_max),
    ignored_mentions: ignored.slice(0, LIMITS.mentions_max),
  }
}

function projectOf(permissions: Permissions, channel_id: string): string[] {
  const project_id = permissions.channels.get(channel_id)?.project_id
  return project_id ? [project_id] : []
}

function messageCreated(permissions: Permissions, message: Message): NewEvent {
  return {
    type: 'message.created',
    actor: message.sender,
    project_ids: projectOf(permissions, message.channel_id),
    channel_id: message.channel_id,
    payload: { message },
    subject_ids: message.mentions,
    message: { id: message.id, seq: message.seq },
  }
}

/** Meant for the agents mentioned, else for all agents that may read the channel. */
function commandInvoked(
  permissions: Permissions,
  message: Message,
  parsed: { command: string; args: string },
): NewEvent {
  const agents = permissions.readersOf(message.channel_id).filter((member) => member.type === 'agent')
  const mentioned = agents.filter((agent) => message.mentions.includes(agent.user_id))
  const target_agent_ids = (mentioned.length > 0 ? mentioned : agents).map((agent) => agent.user_id)
  const { channel_id, seq, sender } = message
  return {
    type: 'command.invoked',
    project_ids: projectOf(permissions, channel_id),
    channel_id,
    payload: { ...parsed, channel_id, message_id: message.id, seq, sender, target_agent_ids },
    subject_ids: target_agent_ids,
  }
}

async function answerHelp(context: CommandContext, question: Message): Promise<NewEvent> {
  const sender = { id: null, type: 'system' as const, display_name: 'Mission Control' }
  const row = {
    id: context.newId(),
    channel_id: question.channel_id,
    seq: await context.nextSeq(question.channel_id),
    kind: 'command_output' as const,
    sender_id: sender.id,
    sender_type: sender.type,
    sender_name: sender.display_name,
    content: helpText(),
    mentions: [],
    ignored_mentions: [],
    client_id: null,
    content_hash: null,
    reply_to: question.id,
    created_at: context.now,
    sequence: 0,
    project_ids: [],
  }
  context.rows.messages.push(row)
  return messageCreated(context.permissions, toMessage(row))
}

function mentionNotifications(message: Message): NonNullable<CommandOutcome<unknown>['notifications']> {
  if (message.mentions.length === 0) return []
  const title = `${message.sender.display_name} mentioned you`
  return message.mentions
    .filter((user_id) => user_id !== message.sender.id)
    .map((user_id) => ({
      event: 0,
      user_id,
      type: 'message.mention',
      resource: { type: 'message', id: message.id, channel_id: message.channel_id, seq: message.seq },
      title,
    }))
}
