import type { MessagePost, Posted } from '../contracts/commands.ts'
import { ApiError, notFound } from '../contracts/errors.ts'
import type { Message } from '../contracts/resources.ts'
import { messageAt, messageExists } from '../db/queries/messages.ts'
import { addMessage } from '../db/writes/messages.ts'
import { helpText } from '../domain/help.ts'
import { isKnownCommand, isTaken, knownCommands } from '../domain/known-commands.ts'
import type { NewEvent } from '../domain/log-event.ts'
import { commandInvoked, messageCreated } from '../domain/message-events.ts'
import { messageKind, parseCommand, resolveMentions } from '../domain/messages.ts'
import { aboutMentions } from '../domain/notifications.ts'
import type { Permissions } from '../domain/permissions.ts'
import { SERVER, senderOf } from '../domain/principal.ts'
import type { Command, CommandContext, CommandOutcome } from './command.ts'
import { knownMessage } from './message-client-ids.ts'

/** Stores a message, and with it the command it may be, the mentions and their notifications. */
export const messagePost: Command<'message.post'> = {
  name: 'message.post',
  action: 'message.post',
  batched: true,
  async run(context, input, principal) {
    const { permissions } = context
    const { channel_id, content, client_id } = input
    if (!permissions.mayReadChannel(principal, channel_id)) throw notFound('channel')
    if (client_id !== undefined) {
      const known = knownMessage(context, { channel_id, sender_id: principal.id, client_id })
      if (known) return await repeat(context, input, known)
    }
    if (input.refusal) throw refusedBy(input.refusal)
    if (input.reply_to) await checkReply(context, channel_id, input.reply_to)

    const next = context.nextSeq(channel_id)
    const sender = senderOf(principal)
    const command = parseCommand(content, sender.type, input.kind, (name) =>
      isKnownCommand(permissions, channel_id, name),
    )
    const message = addMessage(context, {
      ...input,
      ...mentionsOf(permissions, input),
      id: context.newId(),
      seq: typeof next === 'number' ? next : await next,
      kind: messageKind(input.kind, sender.type, command !== undefined),
      sender,
    })
    const events = [messageCreated(permissions, message)]
    if (command) {
      events.push(commandInvoked(permissions, message, command))
      if (command.command === 'help')
        events.push(
          await answer(
            context,
            message,
            helpText(knownCommands(permissions, channel_id), nameOf(permissions)),
          ),
        )
      else if (!isTaken(permissions, channel_id, command.command))
        events.push(await answer(context, message, `No agent of this channel takes /${command.command}.`))
    }
    return { result: { message, repeated: false }, events, notifications: aboutMentions(message) }
  },
}

export function refusedBy(refusal: NonNullable<MessagePost['refusal']>): ApiError {
  const { code, message, ...options } = refusal
  return new ApiError(code, message, options)
}

/** The stored message of the same `client_id`; another content under it is 409. */
async function repeat(
  context: CommandContext,
  input: MessagePost,
  known: { seq: number; content_hash: string },
): Promise<CommandOutcome<Posted>> {
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

function mentionsOf(permissions: Permissions, input: MessagePost) {
  const mayRead = (user_id: string) => {
    const member = permissions.member(user_id)
    return (
      member !== undefined && permissions.mayReadChannel({ kind: member.type, id: user_id }, input.channel_id)
    )
  }
  const idOf = (name: string) => permissions.idOfUsername(name)
  const { ids, ignored } = resolveMentions(
    input.mentions ?? [],
    input.content,
    idOf,
    mayRead,
    input.leave_out,
  )
  return { mentions: ids, ignored_mentions: ignored }
}

const nameOf = (permissions: Permissions) => (user_id: string) => permissions.member(user_id)?.username ?? ''

async function answer(context: CommandContext, question: Message, content: string): Promise<NewEvent> {
  const { channel_id, id: reply_to } = question
  const output = addMessage(context, {
    id: context.newId(),
    channel_id,
    seq: await context.nextSeq(channel_id),
    kind: 'command_output',
    sender: SERVER,
    content,
    reply_to,
  })
  return messageCreated(context.permissions, output)
}
