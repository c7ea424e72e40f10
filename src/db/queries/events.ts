import { and, asc, gt, lte } from 'drizzle-orm'
import type { EventContent } from '../../contracts/event-payloads.ts'
import type { LogEvent, UserNotification } from '../../contracts/log-event.ts'
import type { Message, MessageTombstone } from '../../contracts/resources.ts'
import type { OneReader, OrgRef, Sql } from '../client.ts'
import type { events } from '../schema/chat.ts'
import { notifications } from '../schema/orgs.ts'
import { anyOf, build, inOrg, type Params, statement } from '../statement.ts'
import { type MessageColumns, toMessage } from './messages.ts'

type Nullable<T> = { [K in keyof T]: T[K] | null }

/** Columns of an event and of its message, which is stored once, outside of the log; null when retention removed it. */
type StoredFields = Omit<typeof events.$inferSelect, 'org_id' | 'type' | 'payload'> &
  Nullable<Pick<MessageColumns, 'kind' | 'content'>> &
  Omit<MessageColumns, 'id' | 'channel_id' | 'seq' | 'kind' | 'content' | 'created_at'>

type StoredEvent = StoredFields &
  (Exclude<EventContent, { type: 'message.created' }> | { type: 'message.created'; payload: null })

/** Columns of an event with its message. Text: a page of the log is one join that two queries share. */
export function eventColumns(sql: Sql) {
  return sql`
    e.sequence, e.type, e.created_at, e.actor_id, e.actor_type, e.actor_name, e.project_ids, e.task_id, e.channel_id,
    e.subject_ids, e.payload, e.message_id, e.message_seq, m.kind, m.sender_id, m.sender_type, m.sender_name, m.content,
    m.mentions, m.ignored_mentions, m.reply_to, m.client_id`
}

export function eventSource(sql: Sql) {
  return sql`
    (events e left join messages m on e.message_id is not null and m.org_id = e.org_id
      and m.channel_id = e.channel_id and m.seq = e.message_seq and m.created_at = e.created_at)`
}

export function toLogEvent(row: StoredEvent): LogEvent {
  const {
    created_at: timestamp,
    actor_id,
    actor_type,
    actor_name,
    message_id,
    message_seq,
    kind,
    ...rest
  } = row
  const { sender_id, sender_type, sender_name, content, mentions, ignored_mentions, ...others } = rest
  const { reply_to, client_id, ...event } = others
  const actor = { id: actor_id, type: actor_type, display_name: actor_name }
  if (event.type !== 'message.created') return { ...event, timestamp, actor }
  return { ...event, timestamp, actor, payload: { message: messageOf(row) } }
}

/** The message of a `message.created`, or its tombstone when retention removed the text. */
function messageOf(row: StoredFields): Message | MessageTombstone {
  const { message_id, message_seq, channel_id, kind, content } = row
  if (message_id === null || message_seq === null || channel_id === null)
    throw new Error('unreachable: a message event without its message')
  const place = { id: message_id, channel_id, seq: message_seq }
  if (kind === null || content === null) return { ...place, removed: true }
  return toMessage({ ...row, ...place, kind, content, deliveries: null })
}

/** Up to `limit` events after `after`, in order, none beyond `until`. */
export async function eventsBetween(
  database: OneReader,
  org_id: string,
  after: number,
  until: number,
  limit: number,
): Promise<LogEvent[]> {
  const rows = await database.readOne(
    org_id,
    (sql, org) => sql<StoredEvent[]>`
      select ${eventColumns(sql)} from ${eventSource(sql)}
      where e.org_id = ${org} and e.sequence > ${after} and e.sequence <= ${until}
      order by e.sequence limit ${limit}`,
  )
  return rows.map(toLogEvent)
}

const notificationsOf = statement(
  (p: Params<{ org: OrgRef; user_ids: readonly string[]; after: number; until: number }>) =>
    build
      .select({
        user_id: notifications.user_id,
        id: notifications.id,
        type: notifications.type,
        event_sequence: notifications.event_sequence,
        resource: notifications.resource,
        title: notifications.title,
        read_at: notifications.read_at,
        created_at: notifications.created_at,
      })
      .from(notifications)
      .where(
        and(
          inOrg(notifications.org_id, p.org),
          anyOf(notifications.user_id, p.user_ids),
          gt(notifications.event_sequence, p.after),
          lte(notifications.event_sequence, p.until),
        ),
      )
      .orderBy(asc(notifications.event_sequence), asc(notifications.id)),
)

/** Notifications of these users that follow from events after `after` and up to `until`, as streams carry them. */
export async function notificationsOfEvents(
  database: OneReader,
  org_id: string,
  user_ids: readonly string[],
  after: number,
  until: number,
): Promise<UserNotification[]> {
  return await database.readOne(org_id, (sql, org) => notificationsOf(sql, { org, user_ids, after, until }))
}
