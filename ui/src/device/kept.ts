import { LIMITS } from '@contracts/limits.ts'
import type { Channel, User } from '@contracts/resources.ts'
import type { SignedIn } from '../api/auth.ts'
import type { MessageLog } from '../realtime/message-log.ts'
import type { Notices } from '../realtime/notification-list.ts'

/** Which answers are kept on the device, and how much of each. */

/** Messages per channel: more than two screens. */
export const KEPT_MESSAGES_MAX = 100
/** Characters of all messages of a channel. The last message is kept in any case. */
const LOG_CHARACTERS_MAX = 20 * LIMITS.message_content_max
/** Channels with messages, per person; the least recently changed go first. */
export const KEPT_LOGS_MAX = 50
/** A longer list of members is kept by its first page only. */
const MEMBERS_MAX = 2_000

/** Notifications of the tray. */
const NOTICES_MAX = 50

/** A query key, as far as it decides. */
export type KeptKey =
  | { is: 'me' }
  | { is: 'org' | 'channels' | 'members' | 'first-members'; slug: string }
  | { is: 'unread' | 'notices'; slug: string }
  | { is: 'messages'; slug: string; channel_id: string }

/** The kept query that a key belongs to; undefined for all others. */
export function keptKey(key: readonly unknown[]): KeptKey | undefined {
  const [root, slug, what, channel_id] = key
  if (root === 'me' && key.length === 1) return { is: 'me' }
  if (root !== 'org' || typeof slug !== 'string') return undefined
  if (what === 'org' || what === 'channels' || what === 'members' || what === 'first-members')
    return { is: what, slug }
  if (what === 'notifications' && channel_id === 'unread') return { is: 'unread', slug }
  if (what === 'notifications' && channel_id === 'list') return { is: 'notices', slug }
  return what === 'messages' && typeof channel_id === 'string' ? { is: what, slug, channel_id } : undefined
}

/** The part of an answer that is kept; undefined if what was kept before stays. */
export function keptData(key: KeptKey, data: unknown): unknown {
  if (key.is === 'messages') return keptLog(data as MessageLog)
  if (key.is === 'members') return (data as User[]).length > MEMBERS_MAX ? undefined : data
  if (key.is === 'notices') return keptNotices(data as Notices)
  return data
}

function keptNotices({ items, has_older }: Notices): Notices {
  return { items: items.slice(0, NOTICES_MAX), has_older: has_older || items.length > NOTICES_MAX }
}

/** The newest messages. A log that is detached from them is not kept. */
function keptLog(log: MessageLog): MessageLog | undefined {
  if (log.has_newer) return undefined
  let characters = 0
  let first = log.messages.length
  while (first > 0 && log.messages.length - first < KEPT_MESSAGES_MAX) {
    characters += log.messages[first - 1]?.content.length ?? 0
    if (characters > LOG_CHARACTERS_MAX && first < log.messages.length) break
    first--
  }
  if (first === 0) return log
  return { messages: log.messages.slice(first), has_older: true, has_newer: false }
}

/** Whether an answer forbids to keep another one: its org or its channel is gone for this person. */
export function endsWith(key: KeptKey, data: unknown, other: KeptKey): boolean {
  if (other.is === 'me') return false
  if (key.is === 'me') return !(data as SignedIn).memberships.some(({ org }) => org.slug === other.slug)
  if (key.is !== 'channels' || other.is !== 'messages' || other.slug !== key.slug) return false
  return !(data as Channel[]).some(({ id }) => id === other.channel_id)
}
