import type { Message } from '@contracts/resources.ts'
import { dayKey } from '../../composables/times.ts'
import { firstSeq, type MessageLog } from '../../realtime/message-log.ts'
import type { OutboxItem } from '../../realtime/outbox.ts'
import { Grouping } from './grouping.ts'

/** One row of a channel's log, as the virtual list shows it. */
export type LogItem =
  | { kind: 'begin'; key: 'begin' }
  | { kind: 'older'; key: 'older' }
  | { kind: 'newer'; key: 'newer' }
  | { kind: 'day'; key: string; iso: string }
  | { kind: 'unread'; key: 'unread'; count: number; since: string }
  | { kind: 'message'; key: string; message: Message; joined: boolean }
  | { kind: 'system'; key: string; message: Message }
  | {
      kind: 'pending'
      key: string
      entry: OutboxItem
      place: number
      waiting: number
      joined: boolean
    }

/** Position of the unread line: before the first message of others after `read_seq`, if the log reaches back to it. */
export interface UnreadFrom {
  read_seq: number
  count: number
  /** Own messages are never unread. */
  me_id: string
}

/** Key of a message's row: the same before and after the message is stored, so that the row is not remounted. */
export function messageKey(message: Pick<Message, 'id' | 'client_id'>): string {
  return message.client_id === null ? message.id : `c:${message.client_id}`
}

/** Rows of a log in order: day dividers, the unread line and messages, then pending messages of the member `me_id`. */
export function logItems(
  log: MessageLog,
  pending: readonly OutboxItem[],
  unread: UnreadFrom | undefined,
  me_id: string,
): LogItem[] {
  const items: LogItem[] = [log.has_older ? { kind: 'older', key: 'older' } : { kind: 'begin', key: 'begin' }]
  const groups = new Grouping()
  let day = ''
  // A page that begins after the first unread message does not show where the unread ones begin.
  let line_due = unread !== undefined && unread.count > 0 && (firstSeq(log) ?? 0) <= unread.read_seq + 1
  for (const message of log.messages) {
    const own_day = dayKey(message.created_at)
    if (own_day !== day) {
      groups.end()
      items.push({ kind: 'day', key: `day:${own_day}`, iso: message.created_at })
    }
    day = own_day
    if (line_due && unread && message.seq > unread.read_seq && message.sender.id !== unread.me_id) {
      line_due = false
      groups.end()
      items.push({ kind: 'unread', key: 'unread', count: unread.count, since: message.created_at })
    }
    const joined = groups.joins(message)
    const key = messageKey(message)
    items.push(
      message.kind === 'system'
        ? { kind: 'system', key, message }
        : { kind: 'message', key, message, joined },
    )
  }
  if (log.has_newer) return [...items, { kind: 'newer', key: 'newer' }]
  return [...items, ...pendingItems(log, pending, me_id, groups)]
}

/** Messages from the end that are searched for a pending message that is already stored. */
const TAIL = 200

function pendingItems(
  log: MessageLog,
  pending: readonly OutboxItem[],
  me_id: string,
  groups: Grouping,
): LogItem[] {
  if (pending.length === 0) return []
  const stored = new Set(log.messages.slice(-TAIL).map(({ client_id }) => client_id))
  const open = pending.filter(({ client_id }) => !stored.has(client_id))
  const waiting = open.filter(({ state }) => state === 'waiting' || state === 'sending')
  return open.map((entry) => ({
    kind: 'pending',
    key: `c:${entry.client_id}`,
    entry,
    place: waiting.indexOf(entry) + 1,
    waiting: waiting.length,
    joined: groups.joins({ ...entry, kind: entry.kind ?? 'text', sender: { id: me_id } }),
  }))
}
