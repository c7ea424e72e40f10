import type { SenderType } from '../contracts/vocabulary.ts'
import type { Sql } from './client.ts'

/** A chat message as the lane stores it. */
export interface MessageRow {
  id: string
  channel_id: string
  seq: number
  sender_id: string | null
  sender_type: SenderType
  sender_name: string
  kind: string
  content: string
  mentions: string[]
  ignored_mentions: string[]
  client_id: string | null
  content_hash: string | null
  reply_to: string | null
  created_at: string
}

/** An event as the lane stores it. `payload` is null on `message.created`: the message holds the text. */
export interface EventRow {
  sequence: number
  type: string
  actor_id: string | null
  actor_type: SenderType
  actor_name: string
  project_ids: string[]
  task_id: string | null
  channel_id: string | null
  message_id: string | null
  message_seq: number | null
  subject_ids: string[]
  payload: Record<string, unknown> | null
  created_at: string
}

export interface NotificationRow {
  id: string
  user_id: string
  type: string
  event_sequence: number
  resource: Record<string, unknown>
  title: string
  created_at: string
}

export interface ReplyRow {
  command_id: string
  reply: unknown
}

/** Everything a batch stores in its one closing statement. */
export interface BatchRows {
  messages: MessageRow[]
  events: EventRow[]
  notifications: NotificationRow[]
  replies: ReplyRow[]
}

export function emptyRows(): BatchRows {
  return { messages: [], events: [], notifications: [], replies: [] }
}

interface ReadRow {
  channel_id: string
  user_id: string
  /** Over 0: the user posted here, so everything up to its own message is read. */
  read_seq: number
  mentions: number
}

/** What posting does to unread marks: a person's own message reads the channel up to it, a mention counts once. */
function readRows(messages: readonly MessageRow[]): ReadRow[] {
  const rows = new Map<string, ReadRow>()
  const rowOf = (channel_id: string, user_id: string) => {
    const key = channel_id + user_id
    const row = rows.get(key) ?? { channel_id, user_id, read_seq: 0, mentions: 0 }
    rows.set(key, row)
    return row
  }
  for (const message of messages) {
    if (message.sender_type === 'human' && message.sender_id) {
      const own = rowOf(message.channel_id, message.sender_id)
      own.read_seq = message.seq
      own.mentions = 0
    }
    for (const user_id of message.mentions)
      if (user_id !== message.sender_id) rowOf(message.channel_id, user_id).mentions++
  }
  return [...rows.values()]
}

/**
 * Stores a batch in one statement and moves the head at its epoch. False when the head was not at that epoch.
 * Lists travel as JSON, so that the statement's text never changes and stays prepared.
 */
export async function flushBatch(
  sql: Sql,
  rows: BatchRows,
  head: { org_id: string; epoch: number; sequence: number; batch: number; seqs: ReadonlyMap<string, number> },
): Promise<boolean> {
  const { org_id } = head
  const messages = JSON.stringify(rows.messages)
  const seqs = JSON.stringify([...head.seqs].map(([id, last_seq]) => ({ id, last_seq })))
  const moved = await sql`
    with stored_messages as (
      insert into messages (org_id, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, mentions,
                            ignored_mentions, client_id, reply_to, created_at)
      select ${org_id}, id, channel_id, seq, sender_id, sender_type, sender_name, kind, content, mentions,
             ignored_mentions, client_id, reply_to, created_at
      from json_to_recordset(${messages}::text::json) as r(
        id uuid, channel_id uuid, seq bigint, sender_id uuid, sender_type text, sender_name text, kind text,
        content text, mentions uuid[], ignored_mentions text[], client_id text, reply_to uuid, created_at timestamptz)
    ), stored_client_ids as (
      insert into message_client_ids (org_id, channel_id, sender_id, client_id, message_id, seq, content_hash, created_at)
      select ${org_id}, channel_id, sender_id, client_id, id, seq, content_hash, created_at
      from json_to_recordset(${messages}::text::json) as r(
        id uuid, channel_id uuid, seq bigint, sender_id uuid, client_id text, content_hash text, created_at timestamptz)
      where client_id is not null
    ), stored_events as (
      insert into events (org_id, sequence, type, actor_id, actor_type, actor_name, project_ids, task_id, channel_id,
                          message_id, message_seq, subject_ids, payload, created_at)
      select ${org_id}, sequence, type, actor_id, actor_type, actor_name, project_ids, task_id, channel_id,
             message_id, message_seq, subject_ids, payload, created_at
      from json_to_recordset(${JSON.stringify(rows.events)}::text::json) as r(
        sequence bigint, type text, actor_id uuid, actor_type text, actor_name text, project_ids uuid[], task_id uuid,
        channel_id uuid, message_id uuid, message_seq bigint, subject_ids uuid[], payload jsonb, created_at timestamptz)
    ), stored_notifications as (
      insert into notifications (org_id, id, user_id, type, event_sequence, resource, title, created_at)
      select ${org_id}, id, user_id, type, event_sequence, resource, title, created_at
      from json_to_recordset(${JSON.stringify(rows.notifications)}::text::json) as r(
        id uuid, user_id uuid, type text, event_sequence bigint, resource jsonb, title text, created_at timestamptz)
    ), stored_replies as (
      insert into recent_commands (org_id, command_id, reply, created_at)
      select ${org_id}, command_id, reply, now()
      from json_to_recordset(${JSON.stringify(rows.replies)}::text::json) as r(command_id text, reply jsonb)
    ), moved_channels as (
      update channels c set last_seq = r.last_seq
      from json_to_recordset(${seqs}::text::json) as r(id uuid, last_seq bigint)
      where c.org_id = ${org_id} and c.id = r.id and c.last_seq < r.last_seq
    ), moved_reads as (
      insert into channel_reads (org_id, channel_id, user_id, read_seq, mention_count, updated_at)
      select ${org_id}, channel_id, user_id, read_seq, mentions, now()
      from json_to_recordset(${JSON.stringify(readRows(rows.messages))}::text::json) as r(
        channel_id uuid, user_id uuid, read_seq bigint, mentions int)
      on conflict (org_id, channel_id, user_id) do update set
        read_seq = greatest(channel_reads.read_seq, excluded.read_seq),
        mention_count = excluded.mention_count + case when excluded.read_seq > 0 then 0 else channel_reads.mention_count end,
        updated_at = excluded.updated_at
    )
    update org_heads set sequence = ${head.sequence}, batch = ${head.batch}, updated_at = now()
    where org_id = ${org_id} and epoch = ${head.epoch}
    returning sequence`
  return moved.length === 1
}
