import type { Channel } from '../contracts/resources.ts'

/** A new channel: nothing was posted yet, so nothing is unread. */
export function newChannel(channel: Pick<Channel, 'id' | 'name' | 'type' | 'project_id'>): Channel {
  return { ...channel, last_seq: 0, read_seq: 0, unread_count: 0, mention_count: 0 }
}
