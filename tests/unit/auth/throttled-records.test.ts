import { expect, test } from 'bun:test'
import { ThrottledRecords } from '../../../src/auth/throttled-records.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function world(keys_max?: number, isFirst?: (key: string) => Promise<boolean>) {
  const clock = new FakeClock()
  const written: [string, number][] = []
  const failures: unknown[] = []
  const records = new ThrottledRecords(
    (delay_ms, fire) => clock.after(delay_ms, fire),
    (error) => failures.push(error),
    isFirst,
    keys_max,
  )
  const add = (key: string) =>
    records.add(key, async (count) => {
      written.push([key, count])
    })
  return { clock, written, failures, records, add }
}

test('a failure is written at once, those of the next minute together, and every one is counted', async () => {
  const { clock, written, add } = world()
  for (let i = 0; i < 5; i++) add('a')
  add('b')
  expect(written).toEqual([
    ['a', 1],
    ['b', 1],
  ])
  await clock.advance(59_999)
  expect(written).toHaveLength(2)
  await clock.advance(1)
  expect(written.slice(2)).toEqual([['a', 4]])
  // A row was written just now: the next minute has begun.
  add('a')
  add('a')
  expect(written).toHaveLength(3)
  await clock.advance(60_000)
  expect(written.slice(3)).toEqual([['a', 2]])
  // Nothing for a minute: forgotten.
  await clock.advance(120_000)
  add('a')
  expect(written.slice(4)).toEqual([['a', 1]])
})

test('what is counted at once is bounded: the oldest is written early, and none is lost', () => {
  const { written, add } = world(2)
  for (const key of ['a', 'a', 'b', 'c']) add(key)
  expect(written).toEqual([
    ['a', 1],
    ['b', 1],
    ['a', 1],
    ['c', 1],
  ])
})

test('a row that cannot be written is reported', async () => {
  const { failures, records } = world()
  records.add('a', async () => {
    throw new Error('no database')
  })
  await Bun.sleep(0)
  expect(failures).toHaveLength(1)
})

test('of several nodes one writes in a minute, and the others keep their numbers', async () => {
  let claimed = true
  const { clock, written, add } = world(undefined, async () => !claimed)
  for (let i = 0; i < 3; i++) add('a')
  await clock.advance(1)
  expect(written).toEqual([])
  await clock.advance(60_000)
  expect(written).toEqual([])
  claimed = false
  add('a')
  await clock.advance(60_000)
  expect(written).toEqual([['a', 4]])
})
