import type { EventEnvelope } from '../../contracts/events.ts'
import type { LogEvent } from '../../domain/log-event.ts'
import type { Database } from '../client.ts'
import { eventColumns, eventSource, toLogEvent } from './events.ts'

export interface EventListQuery {
  order: 'asc' | 'desc'
  limit: number
  /** Only events that follow this sequence. */
  after?: number
  /** Where the last page ended, in the direction of `order`. */
  place?: number
  project_id?: string
  task_id?: string
  channel_id?: string
  user_id?: string
  from?: string
  to?: string
  /** What the caller may see and asked for; applied after reading. */
  keep(event: LogEvent): boolean
}

/** Rows read at once, and how many pages are read for one answer that the filter leaves almost empty. */
const PAGE = 500
const PAGES_MAX = 10

/**
 * One slice of the log. Reading stops after some pages even when the filter kept little: the cursor then goes on from
 * there, so that no request costs more than a bounded number of rows.
 */
export async function listEvents(
  database: Database,
  org_id: string,
  query: EventListQuery,
): Promise<{ data: EventEnvelope[]; next: number | null }> {
  const data: EventEnvelope[] = []
  let place = query.place ?? (query.order === 'asc' ? (query.after ?? 0) : Number.MAX_SAFE_INTEGER)
  const {
    project_id = null,
    task_id = null,
    channel_id = null,
    user_id = null,
    from = null,
    to = null,
  } = query
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const rows = await database.readOrg(org_id, async ({ sql }) => {
      const wanted = sql`
        e.org_id = ${org_id} and e.sequence > ${query.after ?? 0}
        and (${project_id}::uuid is null or ${project_id}::uuid = any(e.project_ids))
        and (${task_id}::uuid is null or e.task_id = ${task_id}::uuid)
        and (${channel_id}::uuid is null or e.channel_id = ${channel_id}::uuid)
        and (${user_id}::uuid is null or e.actor_id = ${user_id}::uuid)
        and (${from}::timestamptz is null or e.created_at >= ${from}::timestamptz)
        and (${to}::timestamptz is null or e.created_at < ${to}::timestamptz)`
      return query.order === 'asc'
        ? await sql<Parameters<typeof toLogEvent>[0][]>`
            select ${eventColumns(sql)} from ${eventSource(sql)}
            where ${wanted} and e.sequence > ${place} order by e.sequence limit ${PAGE}`
        : await sql<Parameters<typeof toLogEvent>[0][]>`
            select ${eventColumns(sql)} from ${eventSource(sql)}
            where ${wanted} and e.sequence < ${place} order by e.sequence desc limit ${PAGE}`
    })
    for (const row of rows) {
      const event = toLogEvent(row)
      if (query.keep(event)) {
        if (data.length === query.limit) return { data, next: place }
        data.push(envelopeOf(event))
      }
      place = event.sequence
    }
    if (rows.length < PAGE) return { data, next: null }
  }
  return { data, next: place }
}

function envelopeOf({ subject_ids: _subjects, revokes: _revokes, ...envelope }: LogEvent): EventEnvelope {
  return envelope
}
