import type { Message } from '@contracts/resources.ts'

/** The last message of a channel as its line in a list shows it; null for an empty channel. */
export type LastMessage = Message | null

/** An older message, e.g. a second copy, changes nothing. */
export function laterOf(last: LastMessage, message: Message): LastMessage {
  return last !== null && last.seq >= message.seq ? last : message
}
