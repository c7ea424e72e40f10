import type { EventEnvelope } from '../../contracts/events.ts'
import type { LogEvent } from '../../contracts/log-event.ts'
import type { Database } from '../client.ts'
import { eventColumns, eventSource, toLogEvent } from './events.ts'

export interface EventListQuery {
  order: 'asc' | 'desc'
  limit: number
  /** Only events after this sequence. */
  after?: number
  /** End of the last page, in the direction of `order`. */
  place?: number
  /** Channels that the caller may read; undefined: all of the org. */
  channel_ids?: string[]
  types?: string[]
  project_id?: string
  task_id?: string
  channel_id?: string
  user_id?: string
  from?: string
  to?: string
  /** Whether the caller may see an event; applied after reading. */
  keep(event: LogEvent): boolean
}

/** Pages read for one answer at the most, when `keep` drops most events. */
const PAGES_MAX = 10

/**
 * One page of the log. Reading stops after some slices even when few events were kept, and the cursor continues from
 * there, so that the rows read for a request are bounded.
 */
export async function listEvents(
  database: Database,
  org_id: string,
  query: EventListQuery,
): Promise<{ data: EventEnvelope[]; next: number | null }> {
  const data: EventEnvelope[] = []
  const { limit, after = 0 } = query
  const ascending = query.order === 'asc'
  let place = query.place ?? (ascending ? after : LAST)
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const rows = await readSlice(database, org_id, query, place, limit + 1)
    for (const row of rows) {
      const event = toLogEvent(row)
      if (query.keep(event)) {
        if (data.length === limit) return { data, next: place }
        data.push(envelopeOf(event))
      }
      place = event.sequence
    }
    if (rows.length <= limit) return { data, next: null }
  }
  return { data, next: place }
}

/** The highest sequence that JSON carries exactly. */
const LAST = Number.MAX_SAFE_INTEGER

/** Text: `find_events` chooses an index by the filters, under a role that looks up sequences only. */
async function readSlice(
  database: Database,
  org_id: string,
  query: EventListQuery,
  place: number,
  limit: number,
) {
  const { after = 0, channel_ids, types, project_id, task_id, channel_id, user_id, from, to } = query
  const ascending = query.order === 'asc'
  const [low, high] = ascending ? [Math.max(after, place), LAST] : [after, place]
  return await database.readOne<Parameters<typeof toLogEvent>[0]>(
    org_id,
    (sql, org) => sql`
      select ${eventColumns(sql)}
      from find_events(${org}, ${channel_ids ?? null}::uuid[], ${types ?? null}::text[], ${project_id ?? null}::uuid,
        ${task_id ?? null}::uuid, ${channel_id ?? null}::uuid, ${user_id ?? null}::uuid, ${from ?? null}::timestamptz,
        ${to ?? null}::timestamptz, ${low}::bigint, ${high}::bigint, ${ascending}, ${limit}) as f
      join ${eventSource(sql)} on e.org_id = ${org} and e.sequence = f.sequence and e.created_at = f.created_at
      order by ${ascending ? sql`e.sequence` : sql`e.sequence desc`}`,
  )
}

function envelopeOf({ subject_ids: _subjects, revokes: _revokes, ...envelope }: LogEvent): EventEnvelope {
  return envelope
}
