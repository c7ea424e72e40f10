import type { Message } from '@contracts/resources.ts'
import type { MessageLog } from '../../realtime/message-log.ts'

/** The first message of an agent after another message of the channel: a program may answer without a reply. Pure. */
export function answerTo(
  { messages }: MessageLog,
  { seq }: Pick<Message, 'seq'>,
  agent_id: string,
): Message | undefined {
  return messages.find((message) => message.seq > seq && message.sender.id === agent_id)
}
