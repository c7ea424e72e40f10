import type { Message } from '../../contracts/resources.ts'
import type { MessageKind, SenderType } from '../../contracts/vocabulary.ts'
import type { BatchContext } from '../batch.ts'
import { toMessage } from '../queries/messages.ts'

export interface NewMessage {
  id: string
  channel_id: string
  seq: number
  kind: MessageKind
  sender: { id: string | null; type: SenderType; display_name: string }
  content: string
  mentions?: string[]
  ignored_mentions?: string[]
  client_id?: string
  /** Distinguishes a repeat from another message under the same `client_id`. */
  content_hash?: string
  reply_to?: string | null
}

/** Adds a message to the rows that are stored with the batch; its event gives it its number in the log. */
export function addMessage(to: Pick<BatchContext, 'rows' | 'now'>, message: NewMessage): Message {
  const { sender } = message
  const row = {
    id: message.id,
    channel_id: message.channel_id,
    seq: message.seq,
    kind: message.kind,
    sender_id: sender.id,
    sender_type: sender.type,
    sender_name: sender.display_name,
    content: message.content,
    mentions: message.mentions ?? [],
    ignored_mentions: message.ignored_mentions ?? [],
    client_id: message.client_id ?? null,
    content_hash: message.client_id === undefined ? null : (message.content_hash ?? null),
    reply_to: message.reply_to ?? null,
    created_at: to.now,
    sequence: 0,
    project_ids: [],
  }
  to.rows.messages.push(row)
  return toMessage(row)
}
