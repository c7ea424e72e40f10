import type postgres from 'postgres'
import { EVENT_OF, type StoredEvent, type StoredOrg } from './history.ts'
import { hasFenceWatch } from './nodes/fence-watch.ts'

interface EventRow {
  sequence: number
  type: string
  channel_id: string | null
  message_id: string | null
  seq: number | null
  content: string | null
  task_id: string | null
  title: string | null
  comment: string | null
}

/** Reads one org past every policy; `sql` is the superuser's. */
export async function readStored(sql: postgres.Sql, org_id: string): Promise<StoredOrg> {
  const rows = await sql<EventRow[]>`
    select e.sequence::int, e.type, e.channel_id, e.message_id, m.seq::int, m.content,
           e.payload->'task'->>'id' as task_id, e.payload->'task'->>'title' as title, e.payload->>'comment' as comment
    from events e left join messages m on m.org_id = e.org_id and m.id = e.message_id
    where e.org_id = ${org_id} order by e.sequence`
  const [head] = await sql<{ sequence: number }[]>`
    select sequence::int from org_heads where org_id = ${org_id}`
  const messages = await sql<{ channel_id: string; seq: number; id: string; content: string }[]>`
    select channel_id, seq::int, id, content from messages where org_id = ${org_id} order by channel_id, seq`
  const channels = await sql<{ id: string; last_seq: number }[]>`
    select id, last_seq::int from channels where org_id = ${org_id}`
  const tasks = await sql<{ id: string; title: string }[]>`
    select id, title from tasks where org_id = ${org_id} order by id`
  const by_channel: StoredOrg['channels'] = new Map(channels.map(({ id }) => [id, []]))
  for (const { channel_id, ...message } of messages) by_channel.get(channel_id)?.push(message)
  return {
    org_id,
    head: head?.sequence ?? 0,
    events: rows.map(toEvent),
    channels: by_channel,
    last_seqs: new Map(channels.map(({ id, last_seq }) => [id, last_seq])),
    tasks: [...tasks],
    ...(await readFence(sql, org_id)),
  }
}

async function readFence(sql: postgres.Sql, org_id: string): Promise<Pick<StoredOrg, 'writes' | 'takes'>> {
  if (!(await hasFenceWatch(sql))) return { writes: [], takes: [] }
  const writes = await sql<StoredOrg['writes']>`
    select sequence::int, epoch::int, node from chaos.writes where org_id = ${org_id} order by sequence`
  const takes = await sql<StoredOrg['takes']>`
    select epoch::int, node from chaos.takes where org_id = ${org_id} order by id`
  return { writes: [...writes], takes: [...takes] }
}

function toEvent(row: EventRow): StoredEvent {
  const { sequence, type, channel_id, message_id, seq, content, task_id, title, comment } = row
  const rest = { sequence, type, channel_id }
  if (type === EVENT_OF.message) return { ...rest, mark: content, id: message_id, seq }
  if (type === EVENT_OF.task) return { ...rest, mark: title, id: task_id, seq: null }
  if (type === EVENT_OF.transition) return { ...rest, mark: comment, id: task_id, seq: null }
  return { ...rest, mark: null, id: null, seq: null }
}
