import type { Channel } from '../contracts/resources.ts'
import { isInvisible } from '../text/visible.ts'

/** A new channel: nothing was posted yet, so nothing is unread. */
export function newChannel(
  channel: Pick<Channel, 'id' | 'name' | 'type' | 'project_id'> & { topic?: string | null },
): Channel {
  return {
    topic: null,
    ...channel,
    last_seq: 0,
    read_seq: 0,
    unread_count: 0,
    mention_count: 0,
    rewinds: 0,
    muted: false,
  }
}

/** The topic of a channel as stored: one line; null if it shows nothing. */
export function topicOf(text: string | null): string | null {
  const line = (text ?? '').replace(/\s+/g, ' ').trim()
  return isInvisible(line) ? null : line
}
