import type { MessagePost, PostRefusal } from '../contracts/commands.ts'
import { invalid } from '../contracts/errors.ts'
import type { Principal } from '../contracts/principal.ts'
import type { MessageCreate } from '../contracts/requests.ts'
import type { MessageKind } from '../contracts/vocabulary.ts'
import { isInvisible } from '../text/visible.ts'

/**
 * A message as the channel takes it, with the hash that tells a repeat from another message. `leave_out` is no part of
 * the hash: a repeat is answered with what was stored. Throws 400 for a text without any visible character.
 */
export function posting(
  channel_id: string,
  body: MessageCreate,
  refusal: PostRefusal | undefined,
): MessagePost {
  if (isInvisible(body.content)) throw invalid({ path: '/content', message: 'Shows nothing.' })
  const { content, mentions, leave_out, client_id, reply_to, kind } = body
  const content_hash =
    client_id === undefined ? '' : hashOf([content, mentions ?? [], reply_to ?? null, kind ?? null])
  const posted: MessagePost = { channel_id, content, content_hash }
  if (mentions) posted.mentions = mentions
  if (leave_out) posted.leave_out = leave_out
  if (client_id !== undefined) posted.client_id = client_id
  if (reply_to !== undefined) posted.reply_to = reply_to
  if (kind !== undefined) posted.kind = kind
  if (refusal) posted.refusal = refusal
  return posted
}

/** Throws 400 for a kind that this sender may not ask for. */
export function checkKind(kind: MessageKind | undefined, sender: Principal['kind']): void {
  const own: MessageKind = sender === 'human' ? 'command' : 'command_output'
  if (kind !== undefined && kind !== 'text' && kind !== own)
    throw invalid({
      path: '/kind',
      message: 'Must be text, command from a person, or command_output from an agent.',
    })
}

function hashOf(value: unknown): string {
  return Bun.SHA256.hash(JSON.stringify(value), 'base64url')
}
