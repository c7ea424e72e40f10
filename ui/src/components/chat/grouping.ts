import type { Message } from '@contracts/resources.ts'
import { isLong } from './fold.ts'

/** A group spans at most this time, so that the time of its first message is true for all of them. */
const GROUP_MS = 5 * 60_000

type Grouped = Pick<Message, 'kind' | 'content' | 'reply_to' | 'created_at'> & {
  sender: Pick<Message['sender'], 'id'>
}

/**
 * Groups consecutive messages of one author: the first shows the author, the others join it. Replies, output, system lines
 * and long messages stand alone.
 */
export class Grouping {
  #head: Grouped | undefined

  /** Takes the next message of the log, and tells whether it joins the one before. */
  joins(message: Grouped): boolean {
    const head = this.#head
    const joined = head !== undefined && canJoin(message) && follows(head, message)
    if (!joined) this.#head = canLead(message) ? message : undefined
    return joined
  }

  /** Something stands between the messages before and after, e.g. a divider. */
  end(): void {
    this.#head = undefined
  }
}

function follows(head: Grouped, { sender, created_at }: Grouped): boolean {
  if (sender.id === null || sender.id !== head.sender.id) return false
  const passed_ms = Date.parse(created_at) - Date.parse(head.created_at)
  return passed_ms >= 0 && passed_ms <= GROUP_MS
}

const isTalk = ({ kind }: Grouped) => kind === 'text' || kind === 'command'
const canLead = (message: Grouped) => isTalk(message) && !isLong(message.content)
const canJoin = (message: Grouped) => canLead(message) && message.reply_to === null
