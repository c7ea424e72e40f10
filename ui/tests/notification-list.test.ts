import { describe, expect, test } from 'bun:test'
import type { Notification } from '@contracts/resources.ts'
import type { CacheUpdate } from '../src/realtime/cache-update.ts'
import {
  arrived,
  becameRead,
  type Notices,
  type Unread,
  unreadOf,
  withPage,
} from '../src/realtime/notification-list.ts'
import { notification } from './support/samples.ts'

const READ_AT = '2026-11-19T13:00:00.000Z'
const one = (n: number, rest: Partial<Notification> = {}) => notification(n, rest)
const page = (data: Notification[], number = 1, total_pages = 1, total = data.length) => ({
  data,
  pagination: { page: number, per_page: 30, total, total_pages },
})

function applied(unread: Unread, ...updates: CacheUpdate[][]): Unread {
  return updates.flat().reduce((now, update) => (update.at === 'unread' ? update.change(now) : now), unread)
}
function listed(notices: Notices, ...updates: CacheUpdate[][]): Notices {
  return updates.flat().reduce((now, update) => (update.at === 'notices' ? update.change(now) : now), notices)
}
const ids = ({ items }: { items: readonly Notification[] }) =>
  items.map(({ event_sequence }) => event_sequence)

describe('unread notifications', () => {
  test('count each once, also when the stream tells what was read already', () => {
    const start = unreadOf(page([one(2), one(1)]))
    const more = applied(start, arrived(one(3)), arrived(one(3)))
    expect([ids(more), more.total]).toEqual([[3, 2, 1], 3])
    const read = applied(more, becameRead([one(2).id], READ_AT), becameRead([one(2).id], READ_AT))
    expect([ids(read), read.total]).toEqual([[3, 1], 2])
    expect(applied(read, arrived(one(2)))).toEqual(read)
    expect(applied(read, arrived(one(9, { read_at: READ_AT })))).toEqual(read)
  })

  test('beyond those known one by one are counted only', () => {
    const start = unreadOf(page([one(2), one(1)], 1, 1, 50))
    const read = applied(start, becameRead(['older', one(1).id], READ_AT))
    expect([ids(read), read.total]).toEqual([[2], 48])
    // Told again, by the answer of the own request and by the stream: once.
    expect(applied(read, becameRead(['older'], READ_AT)).total).toBe(48)
    const all_known = unreadOf(page([one(1)]))
    expect(applied(all_known, becameRead(['unknown'], READ_AT)).total).toBe(1)
  })
})

describe('the list', () => {
  test('keeps the order of the server; a row of two pages is one', () => {
    const first = withPage(undefined, page([one(5), one(4), one(3)], 1, 2, 5))
    expect([ids(first), first.has_older]).toEqual([[5, 4, 3], true])
    const newer = listed(first, arrived(one(6)), arrived(one(6)))
    const whole = withPage(newer, page([one(3), one(2), one(1)], 2, 2, 6))
    expect([ids(whole), whole.has_older]).toEqual([[6, 5, 4, 3, 2, 1], false])
  })

  test('a page of the server wins over what was known of its rows', () => {
    const first = withPage(undefined, page([one(2)]))
    const read = withPage(first, page([one(2, { read_at: READ_AT }), one(1)]))
    expect(read.items.map(({ read_at }) => read_at)).toEqual([READ_AT, null])
  })

  test('marks what was read, and keeps the first time', () => {
    const start = withPage(undefined, page([one(2), one(1, { read_at: '2026-01-01T00:00:00.000Z' })]))
    const read = listed(start, becameRead([one(1).id, one(2).id], READ_AT))
    expect(read.items.map(({ read_at }) => read_at)).toEqual([READ_AT, '2026-01-01T00:00:00.000Z'])
  })
})
