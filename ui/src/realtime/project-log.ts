import type { EventEnvelope } from '@contracts/events.ts'
import type { Slice } from '@contracts/lists.ts'
import { PROJECT_LOG_TYPES } from '../api/projects.ts'

/** Events of a project that were read so far, newest first, and the place of the next page. */
export type EventLog = Slice<EventEnvelope>

/** Whether the server would list an event in the log of its projects, as the app asks for it. */
export function isInProjectLog({ type }: Pick<EventEnvelope, 'type'>): boolean {
  return PROJECT_LOG_TYPES.some((kind) => type.startsWith(kind.slice(0, -1)))
}

/** The same event again changes nothing. */
export function withLogged(log: EventLog, event: EventEnvelope): EventLog {
  if (log.data.some(({ sequence }) => sequence >= event.sequence)) return log
  return { ...log, data: [event, ...log.data] }
}

/** The log with its next page; events that both have stay once. */
export function withFurther(log: EventLog, page: EventLog): EventLog {
  const oldest = log.data.at(-1)?.sequence ?? Number.POSITIVE_INFINITY
  return {
    data: [...log.data, ...page.data.filter(({ sequence }) => sequence < oldest)],
    next_cursor: page.next_cursor,
  }
}
