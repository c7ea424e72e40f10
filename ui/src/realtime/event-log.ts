import type { EventEnvelope } from '@contracts/events.ts'
import type { Slice } from '@contracts/lists.ts'

/** Which events of the log a view shows. Empty texts and lists do not filter. */
export interface LogFilter {
  /** Event types, or kinds such as `task.*`. */
  types: readonly string[]
  user_id: string
  project_id: string
  task_id: string
  channel_id: string
  /** Moments in UTC: not before `from`, before `to`. */
  from: string
  to: string
}

/** The newest part of a filtered log, newest first. */
export interface FilteredLog {
  filter: LogFilter
  events: EventEnvelope[]
  /** Where older events begin; null at the beginning of the log. */
  next_cursor: string | null
  /** The highest sequence that was read or arrived. */
  head: number
  /** Events that arrived after the list was full: only a new read shows them. */
  missed: number
}

/** Events kept of one filter. A reader who follows the log for days does not fill the memory. */
export const LOG_ROWS_MAX = 5_000

export function firstPage(filter: LogFilter, { data, next_cursor }: Slice<EventEnvelope>): FilteredLog {
  return { filter, events: data, next_cursor, head: data[0]?.sequence ?? 0, missed: 0 }
}

/** The first page, read anew, before the older events that are here already, if the two meet. */
export function withNewest(
  known: Slice<EventEnvelope> | undefined,
  page: Slice<EventEnvelope>,
): Slice<EventEnvelope> {
  const last = page.data.at(-1)?.sequence
  if (!known || last === undefined || !known.data.some(({ sequence }) => sequence === last)) return page
  const older = known.data.filter(({ sequence }) => sequence < last)
  return older.length === 0 ? page : { data: [...page.data, ...older], next_cursor: known.next_cursor }
}

/** The log with an older page behind it. */
export function withOlder(log: FilteredLog, { data, next_cursor }: Slice<EventEnvelope>): FilteredLog {
  const last = log.events.at(-1)?.sequence ?? Number.MAX_SAFE_INTEGER
  return {
    ...log,
    events: [...log.events, ...data.filter(({ sequence }) => sequence < last)],
    next_cursor,
  }
}

/** The log with a new event in front, if it fits the filter. The same event again changes nothing. */
export function withArrived(log: FilteredLog, event: EventEnvelope): FilteredLog {
  if (event.sequence <= log.head || !fits(event, log.filter)) return log
  const head = event.sequence
  if (log.events.length >= LOG_ROWS_MAX) return { ...log, head, missed: log.missed + 1 }
  return { ...log, head, events: [event, ...log.events] }
}

/** The rule of `GET /events`, for events that arrive. */
export function fits(event: EventEnvelope, filter: LogFilter): boolean {
  const { types, user_id, project_id, task_id, channel_id, from, to } = filter
  return (
    (types.length === 0 || types.some((type) => isOfType(event.type, type))) &&
    (user_id === '' || event.actor.id === user_id) &&
    (project_id === '' || event.project_ids.includes(project_id)) &&
    (task_id === '' || event.task_id === task_id) &&
    (channel_id === '' || event.channel_id === channel_id) &&
    (from === '' || event.timestamp >= from) &&
    (to === '' || event.timestamp < to)
  )
}

/** `task.*` stands for all types of a kind. */
export function isOfType(type: string, wanted: string): boolean {
  return wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted
}
