import type postgres from 'postgres'
import type { StoredEvent, StoredOrg } from './ledger.ts'
import type { StageOrg } from './stage.ts'

interface Row {
  sequence: number
  type: string
  message_id: string | null
  seq: number | null
  channel_id: string | null
  sender_id: string | null
  content: string | null
  title: string | null
  description: string | null
  user_id: string | null
}

/** Reads the whole log of an org with its messages, past every policy. */
export async function readStored(sql: postgres.Sql, { org_id, agents }: StageOrg): Promise<StoredOrg> {
  const rows = await sql<Row[]>`
    select e.sequence::int, e.type, e.message_id, m.seq::int, m.channel_id, m.sender_id, m.content,
           e.payload->'task'->>'title' as title, e.payload->'task'->>'description' as description,
           e.payload->>'user_id' as user_id
    from events e left join messages m on m.org_id = e.org_id and m.id = e.message_id
    where e.org_id = ${org_id} order by e.sequence`
  const [counts] = await sql<{ head: number; messages: number }[]>`
    select sequence::int as head, (select count(*)::int from messages where org_id = ${org_id}) as messages
    from org_heads where org_id = ${org_id}`
  const channels = await sql<{ id: string; last_seq: number }[]>`
    select id, last_seq::int from channels where org_id = ${org_id}`
  return {
    head: counts?.head ?? 0,
    messages: counts?.messages ?? 0,
    events: rows.map(toEvent),
    last_seqs: new Map(channels.map(({ id, last_seq }) => [id, last_seq])),
    assigned: new Map(agents.map(({ project_channel_id }) => [project_channel_id, new Set<string>()])),
  }
}

function toEvent(row: Row): StoredEvent {
  const { sequence, type, message_id: id, seq, channel_id, sender_id, content } = row
  const message =
    id !== null && seq !== null && channel_id !== null && sender_id !== null && content !== null
      ? { id, seq, channel_id, sender_id, content }
      : null
  return { sequence, type, message, change: changeOf(row) }
}

function changeOf({ type, title, description, user_id }: Row): StoredEvent['change'] {
  if (type === 'task.created' && title !== null) return { subject: title, mark: 'created' }
  if (type === 'task.updated' && title !== null) return { subject: title, mark: description ?? '' }
  if (type === 'project.user_assigned' && user_id !== null) return { subject: user_id, mark: 'assigned' }
  if (type === 'project.user_unassigned' && user_id !== null) return { subject: user_id, mark: 'unassigned' }
  return null
}
