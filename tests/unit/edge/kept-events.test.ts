import { expect, test } from 'bun:test'
import { keptOrStored } from '../../../src/edge/kept-events.ts'

/** Numbers stand for events. */
const numbers = (after: number, last: number) =>
  Array.from({ length: Math.max(0, last - after) }, (_, i) => after + 1 + i)
const page = { after: 7, until: 10, limit: 200 }
const ringUpTo = (last: number) => async (count: number) =>
  numbers(page.after, Math.min(page.after + count, last))
const stored = async () => numbers(page.after, page.until)

test('a ring that holds the whole page is read', async () => {
  const untouched = () => Promise.reject(new Error('storage was read'))
  expect(await keptOrStored(page, ringUpTo(10), untouched)).toEqual([8, 9, 10])
  expect(await keptOrStored({ ...page, limit: 2 }, ringUpTo(10), untouched)).toEqual([8, 9])
})

test('a ring that ends before its page, because another node has the org, does not pass for the log', async () => {
  expect(await keptOrStored(page, ringUpTo(8), stored)).toEqual([8, 9, 10])
})

test.each([
  ['has no ring', async () => undefined],
  ['has a ring that begins later', async () => null],
  ['fails', () => Promise.reject(new Error('Another node took the organization meanwhile'))],
])('an owner that %s leaves the page to storage', async (_what, kept) => {
  expect(await keptOrStored(page, kept, stored)).toEqual([8, 9, 10])
})
