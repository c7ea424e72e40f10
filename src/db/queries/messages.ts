import type { Delivery, Message } from '../../contracts/resources.ts'
import type { MessageKind, SenderType } from '../../contracts/vocabulary.ts'
import type { OrgRef, Sql, Tx } from '../client.ts'

interface StoredMessage {
  id: string
  channel_id: string
  seq: number
  kind: MessageKind
  sender_id: string | null
  sender_type: SenderType
  sender_name: string
  content: string
  mentions: string[]
  ignored_mentions: string[]
  reply_to: string | null
  client_id: string | null
  created_at: string
  /** Absent of a message that is only now made. */
  deliveries?: Delivery[] | null
}

/** A stored message as the API answers it. */
export function toMessage(row: StoredMessage): Message {
  return {
    id: row.id,
    channel_id: row.channel_id,
    seq: row.seq,
    kind: row.kind,
    sender: { id: row.sender_id, type: row.sender_type, display_name: row.sender_name },
    content: row.content,
    mentions: row.mentions,
    ignored_mentions: row.ignored_mentions,
    reply_to: row.reply_to,
    client_id: row.client_id,
    deliveries: (row.deliveries ?? []).map((d) => ({
      ...d,
      updated_at: new Date(d.updated_at).toISOString(),
    })),
    created_at: row.created_at,
  }
}

function columns(sql: Sql) {
  return sql`
    m.id, m.channel_id, m.seq, m.kind, m.sender_id, m.sender_type, m.sender_name, m.content, m.mentions,
    m.ignored_mentions, m.reply_to, m.client_id, m.created_at,
    (select json_agg(json_build_object('agent_id', d.agent_id, 'state', d.state, 'detail', d.detail,
                                       'updated_at', d.updated_at) order by d.agent_id)
     from message_deliveries d where d.org_id = m.org_id and d.channel_id = m.channel_id and d.seq = m.seq) as deliveries`
}

/** Up to `limit` messages with a lower seq than `before`, newest first. */
export function messagesBefore(sql: Sql, org: OrgRef, channel_id: string, before: number, limit: number) {
  return sql<StoredMessage[]>`
    select ${columns(sql)} from messages m
    where m.org_id = ${org} and m.channel_id = ${channel_id} and m.seq < ${before}
    order by m.seq desc limit ${limit}`
}

/** Up to `limit` messages after `after`, oldest first, none beyond `until`. */
export function messagesBetween(
  sql: Sql,
  org: OrgRef,
  channel_id: string,
  after: number,
  until: number,
  limit: number,
) {
  return sql<StoredMessage[]>`
    select ${columns(sql)} from messages m
    where m.org_id = ${org} and m.channel_id = ${channel_id} and m.seq > ${after} and m.seq <= ${until}
    order by m.seq limit ${limit}`
}

/** Up to `limit` messages that directly follow `after`, oldest first. */
export function messagesAfter(sql: Sql, org: OrgRef, channel_id: string, after: number, limit: number) {
  return sql<StoredMessage[]>`
    select ${columns(sql)} from messages m
    where m.org_id = ${org} and m.channel_id = ${channel_id} and m.seq > ${after}
    order by m.seq limit ${limit}`
}

/** One message by its place in the channel. */
export async function messageAt(
  tx: Pick<Tx, 'sql'>,
  org_id: string,
  channel_id: string,
  seq: number,
): Promise<Message | undefined> {
  const [row] = await messagesBefore(tx.sql, org_id, channel_id, seq + 1, 1)
  return row?.seq === seq ? toMessage(row) : undefined
}

export async function messageExists(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  channel_id: string,
  id: string,
): Promise<boolean> {
  const rows = await sql`
    select 1 from messages where org_id = ${org_id} and id = ${id} and channel_id = ${channel_id} limit 1`
  return rows.length > 0
}
