import { expect, test } from 'bun:test'
import type { Page } from '@contracts/lists.ts'
import type { Export } from '@contracts/resources.ts'
import { asOf, sizeInWords, stateOf } from '../src/components/settings/export-words.ts'
import { withExport } from '../src/realtime/export-list.ts'

const one = (id: string, fields: Partial<Export> = {}): Export => ({
  id,
  status: 'processing',
  progress: 10,
  size_bytes: null,
  sha256: null,
  error: null,
  expires_at: null,
  backup: null,
  created_at: '2026-11-28T01:00:00.000Z',
  ...fields,
})
const page = (...data: Export[]): Page<Export> => ({
  data,
  pagination: { page: 1, per_page: 25, total: data.length, total_pages: 1 },
})

test('an export moves in its place, and a new one stands on top', () => {
  const before = page(one('b'), one('a', { status: 'expired' }))
  expect(withExport(before, one('b', { progress: 40 })).data.map(({ progress }) => progress)).toEqual([
    40, 10,
  ])
  const after = withExport(before, one('c', { status: 'pending' }))
  expect(after.data.map(({ id }) => id)).toEqual(['c', 'b', 'a'])
  expect(after.pagination.total).toBe(3)
})

test('progress that arrives after the end changes nothing', () => {
  const before = page(one('a', { status: 'ready', progress: 100 }))
  expect(withExport(before, one('a', { progress: 90 }))).toBe(before)
})

test('sizes and states in words', () => {
  expect([0, 1023, 1024, 12_345, 5 * 1024 ** 3].map(sizeInWords)).toEqual([
    '0 bytes',
    '1023 bytes',
    '1.0 KiB',
    '12 KiB',
    '5.0 GiB',
  ])
  expect(stateOf(one('a', { progress: 37 }))).toBe('Being made, 37 %')
})

test('a file whose time is over has expired, whatever the server said last', () => {
  const ready = one('a', { status: 'ready', expires_at: '2026-11-28T02:00:00.000Z' })
  expect(asOf(ready, Date.parse('2026-11-28T01:59:59.999Z')).status).toBe('ready')
  expect(asOf(ready, Date.parse('2026-11-28T02:00:00.000Z')).status).toBe('expired')
})
