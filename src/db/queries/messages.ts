import { and, eq } from 'drizzle-orm'
import type { Delivery, Message } from '../../contracts/resources.ts'
import type { Fragment, OrgRef, Sql, Tx } from '../client.ts'
import { messages } from '../schema/chat.ts'
import { build, inOrg, type Params, statement } from '../statement.ts'

/** Columns of a message that the API answers. */
export type MessageColumns = Omit<typeof messages.$inferSelect, 'org_id' | 'search_vector'>

/** A message that is stored now has no deliveries yet. */
type StoredMessage = MessageColumns & { deliveries?: Delivery[] | null }

const idInChannel = statement((p: Params<{ org_id: string; channel_id: string; id: string }>) =>
  build
    .select({ id: messages.id })
    .from(messages)
    .where(
      and(inOrg(messages.org_id, p.org_id), eq(messages.id, p.id), eq(messages.channel_id, p.channel_id)),
    )
    .limit(1),
)

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

/** Text, like the queries below: a page of messages with their deliveries as JSON, in one round trip. */
function columns(sql: Sql) {
  return sql`
    m.id, m.channel_id, m.seq, m.kind, m.sender_id, m.sender_type, m.sender_name, m.content, m.mentions,
    m.ignored_mentions, m.reply_to, m.client_id, m.created_at,
    (select json_agg(json_build_object('agent_id', d.agent_id, 'state', d.state, 'detail', d.detail,
                                       'updated_at', d.updated_at) order by d.agent_id)
     from message_deliveries d where d.org_id = m.org_id and d.channel_id = m.channel_id and d.seq = m.seq) as deliveries`
}

/** Restricts a page to messages of others that mention this user: those that its `mention_count` counts. */
function thatMention(sql: Sql, user_id: string | undefined): Fragment {
  return user_id === undefined
    ? sql``
    : sql`and ${user_id}::uuid = any(m.mentions) and m.sender_id is distinct from ${user_id}::uuid`
}

/** Up to `limit` messages with a lower seq than `before`, newest first. */
export function messagesBefore(
  sql: Sql,
  org: OrgRef,
  channel_id: string,
  before: number,
  limit: number,
  mentioned_id?: string,
) {
  return sql<StoredMessage[]>`
    select ${columns(sql)} from messages m
    where m.org_id = ${org} and m.channel_id = ${channel_id} and m.seq < ${before} ${thatMention(sql, mentioned_id)}
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

/** Up to `limit` messages with a higher seq than `after`, oldest first. */
export function messagesAfter(
  sql: Sql,
  org: OrgRef,
  channel_id: string,
  after: number,
  limit: number,
  mentioned_id?: string,
) {
  return sql<StoredMessage[]>`
    select ${columns(sql)} from messages m
    where m.org_id = ${org} and m.channel_id = ${channel_id} and m.seq > ${after} ${thatMention(sql, mentioned_id)}
    order by m.seq limit ${limit}`
}

/** One message by its seq. */
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
  const rows = await idInChannel(sql, { org_id, channel_id, id })
  return rows.length > 0
}
