import { describe, expect, test } from 'bun:test'
import type { EventEnvelope } from '../../src/contracts/events.ts'
import {
  daysBefore,
  filterOfQuery,
  queryOfRoute,
  routeQuery,
  toggledType,
} from '../src/components/events/log-filter.ts'
import {
  firstPage,
  fits,
  LOG_ROWS_MAX,
  type LogFilter,
  withArrived,
  withNewest,
  withOlder,
} from '../src/realtime/event-log.ts'
import { CHANNEL, event, ME, NOON, OTHER, smallEvent, task } from './support/samples.ts'

const all = filterOfQuery(queryOfRoute({}))
const only = (rest: Partial<LogFilter>): LogFilter => ({ ...all, ...rest })
const at = (sequence: number, rest: object = {}) =>
  ({ ...smallEvent({ sequence }), ...rest }) as EventEnvelope
const numbers = (log: { events: EventEnvelope[] }) => log.events.map(({ sequence }) => sequence)

describe('a filter of the log', () => {
  const created = {
    ...event('task.created', { task: task(1) }),
    actor: { id: ME, type: 'human', display_name: 'Ines' },
    project_ids: [OTHER],
    task_id: task(1).id,
    channel_id: CHANNEL,
  } as EventEnvelope

  test('takes what the server would', () => {
    const fitting: Partial<LogFilter>[] = [
      {},
      { types: ['task.*'] },
      { types: ['message.created', 'task.created'] },
      { user_id: ME },
      { project_id: OTHER },
      { task_id: task(1).id },
      { channel_id: CHANNEL },
      { from: NOON },
      { to: '2026-11-19T12:00:00.001Z' },
    ]
    for (const filter of fitting) expect(fits(created, only(filter))).toBe(true)
    const others: Partial<LogFilter>[] = [
      { types: ['message.*'] },
      { user_id: OTHER },
      { project_id: ME },
      { task_id: OTHER },
      { channel_id: ME },
      { from: '2026-11-19T12:00:00.001Z' },
      { to: NOON },
    ]
    for (const filter of others) expect(fits(created, only(filter))).toBe(false)
  })

  test('survives the address, without anything unknown', () => {
    const query = queryOfRoute({
      type: ['task.*', 'nothing.such', 'message.created', 'task.*'],
      user_id: ME,
      project_id: 'no id',
      from: '2026-11-01',
      to: '2026-13-40',
      other: 'x',
    })
    expect(routeQuery(query)).toEqual({
      type: ['message.created', 'task.*'],
      user_id: ME,
      from: '2026-11-01',
    })
    expect(queryOfRoute(routeQuery(query))).toEqual(query)
    expect(routeQuery(queryOfRoute({}))).toEqual({})
  })

  test('of days takes the last one to its end', () => {
    const { from, to } = filterOfQuery({ ...queryOfRoute({}), from: '2026-11-26', to: '2026-11-26' })
    expect(Date.parse(from)).toBe(new Date(2026, 10, 26).getTime())
    expect(Date.parse(to)).toBe(new Date(2026, 10, 27).getTime())
    expect(daysBefore(new Date(2026, 10, 26, 12).getTime(), 6)).toBe('2026-11-20')
  })

  test('of types turns a whole kind into its types and back', () => {
    expect(toggledType([], 'task.*')).toEqual(['task.*'])
    expect(toggledType(['task.*', 'org.*'], 'task.*')).toEqual(['org.*'])
    const but_one = toggledType(['message.created', 'channel.*'], 'channel.updated')
    expect(but_one).toContain('channel.created')
    expect(but_one).not.toContain('channel.updated')
    expect(toggledType(but_one, 'channel.updated')).toEqual(['message.created', 'channel.*'])
  })
})

describe('the log in the cache', () => {
  const read = firstPage(all, { data: [at(9), at(8)], next_cursor: 'log.8' })

  test('takes a new event in front, once', () => {
    const log = withArrived(read, at(10))
    expect(numbers(log)).toEqual([10, 9, 8])
    expect(withArrived(log, at(10))).toBe(log)
    expect(withArrived(log, at(9))).toBe(log)
  })

  test('takes an older page behind, without what it has', () => {
    const log = withOlder(read, { data: [at(8), at(7)], next_cursor: null })
    expect(numbers(log)).toEqual([9, 8, 7])
    expect(log.next_cursor).toBeNull()
  })

  test('is bounded: what arrives at a full list is counted only', () => {
    const data = Array.from({ length: LOG_ROWS_MAX }, (_, i) => at(LOG_ROWS_MAX - i))
    const log = withArrived(firstPage(all, { data, next_cursor: null }), at(LOG_ROWS_MAX + 1))
    expect(log.events).toHaveLength(LOG_ROWS_MAX)
    expect(log.missed).toBe(1)
  })
})

test('a first page that is read anew keeps the older pages, unless events between them are missing', () => {
  const known = { data: [at(9), at(8), at(7), at(6)], next_cursor: null }
  const sequences = ({ data }: { data: { sequence: number }[] }) => data.map(({ sequence }) => sequence)
  const again = withNewest(known, { data: [at(10), at(9), at(8)], next_cursor: 'log.8' })
  expect([sequences(again), again.next_cursor]).toEqual([[10, 9, 8, 7, 6], null])
  const apart = withNewest(known, { data: [at(12), at(11)], next_cursor: 'log.11' })
  expect([sequences(apart), apart.next_cursor]).toEqual([[12, 11], 'log.11'])
  const first = { data: [at(9), at(8)], next_cursor: 'log.8' }
  expect(withNewest(undefined, first)).toBe(first)
})
