import { type EventEnvelope, formatCursor, parseCursor } from '../../../src/contracts/events.ts'
import { LIMITS } from '../../../src/contracts/limits.ts'
import type { Slice } from '../../../src/contracts/lists.ts'
import type { Api } from './api.ts'
import type { Incoming } from './port.ts'
import { ServerRefused } from './port.ts'

type Events = Slice<EventEnvelope>

/**
 * The events after `cursor` as the list gives them, to its end. Without a cursor: only the position of the newest one. A
 * cursor of another log resets to the newest. Throws what calls throw.
 */
export async function* poll(
  api: Api,
  cursor: string | null,
  signal: AbortSignal,
): AsyncGenerator<Extract<Incoming, { kind: 'event' | 'cursor' | 'reset' }>> {
  if (cursor === null) {
    yield { kind: 'cursor', cursor: await head(api, signal) }
    return
  }
  // A page may be empty and yet not the last: events of others were left out.
  for (let at = `after=${encodeURIComponent(cursor)}`, log = parseCursor(cursor)?.log ?? ''; ; ) {
    let page: Events
    try {
      page = await list(api, `${at}&order=asc&limit=${LIMITS.cursor_limit_max}`, signal)
    } catch (error) {
      if (!(error instanceof ServerRefused && error.code === 'INVALID_CURSOR')) throw error
      yield { kind: 'reset', reason: 'invalid_cursor', cursor: await head(api, signal) }
      return
    }
    if (page.next_cursor !== null) log = parseCursor(page.next_cursor)?.log ?? log
    // The oldest event of whatever log: its name is not known yet, so the position stays.
    for (const event of page.data)
      yield {
        kind: 'event',
        event,
        cursor: log === '' ? cursor : formatCursor({ log, sequence: event.sequence }),
      }
    if (page.next_cursor === null) return
    yield { kind: 'cursor', cursor: page.next_cursor }
    at = `cursor=${encodeURIComponent(page.next_cursor)}`
  }
}

/** The position of the newest event that the agent may see. A log with one such event does not tell its name: then from it on. */
export async function head(api: Api, signal: AbortSignal): Promise<string> {
  const { data, next_cursor } = await list(api, 'limit=1', signal)
  const log = next_cursor === null ? '' : (parseCursor(next_cursor)?.log ?? '')
  return log === '' ? '0' : formatCursor({ log, sequence: data[0]?.sequence ?? 0 })
}

async function list(api: Api, query: string, signal: AbortSignal): Promise<Events> {
  return await api.call<Events>({ method: 'GET', route: '/events', path: `/events?${query}`, signal })
}
