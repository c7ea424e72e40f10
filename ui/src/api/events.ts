import type { EventEnvelope } from '@contracts/events.ts'
import type { Page, Slice } from '@contracts/lists.ts'
import type { Task } from '@contracts/resources.ts'
import type { Pause } from '../realtime/cache-update.ts'
import type { LogFilter } from '../realtime/event-log.ts'
import { request } from './http.ts'
import { orgPath } from './org.ts'

/** Events per request: two tall screens. */
const LOG_LIMIT = 60

/** Tasks that a search for one offers. */
const FOUND_LIMIT = 10

/** A page of the log, newest first: the first one, or the one behind a cursor. */
export function readEvents(slug: string, filter: LogFilter, cursor?: string): Promise<Slice<EventEnvelope>> {
  const { types, ...rest } = filter
  const query = new URLSearchParams({ limit: String(LOG_LIMIT) })
  for (const type of types) query.append('type', type)
  for (const [name, value] of Object.entries({ ...rest, cursor: cursor ?? '' }))
    if (value !== '') query.set(name, value)
  return request<Slice<EventEnvelope>>('GET', `${orgPath(slug)}/events?${query}`)
}

/** The pause of agents' posts to a channel, by the newest event about it; null when there is none. */
export async function readPause(slug: string, channel_id: string): Promise<Pause | null> {
  const query = new URLSearchParams({ channel_id, limit: '1' })
  for (const type of ['channel.loop_paused', 'channel.loop_resumed']) query.append('type', type)
  const { data } = await request<Slice<EventEnvelope>>('GET', `${orgPath(slug)}/events?${query}`)
  const [last] = data
  if (last?.type !== 'channel.loop_paused') return null
  const { until, messages } = last.payload
  return { until, messages }
}

/** The first tasks whose title contains a text, archived ones included. */
export async function findTasks(slug: string, q: string): Promise<Task[]> {
  const query = { q, per_page: FOUND_LIMIT, include_archived: 'true' }
  return (await request<Page<Task>>('GET', `${orgPath(slug)}/tasks`, { query })).data
}
