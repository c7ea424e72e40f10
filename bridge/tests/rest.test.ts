import { expect, test } from 'bun:test'
import { Rest } from '../src/rest.ts'

test('B109 garbage is collected once per rest: ten seconds without an event and without an unfinished row', () => {
  let count = 0
  const rest = new Rest(() => count++)
  const looks = [
    { now: 9_999, unfinished: 0, last_at: 0, collected: 0 },
    { now: 10_000, unfinished: 1, last_at: 0, collected: 0 },
    { now: 10_001, unfinished: 0, last_at: 0, collected: 1 },
    { now: 60_000, unfinished: 0, last_at: 0, collected: 1 },
    { now: 60_500, unfinished: 0, last_at: 60_400, collected: 1 },
    { now: 70_400, unfinished: 0, last_at: 60_400, collected: 2 },
    { now: 90_000, unfinished: 0, last_at: 60_400, collected: 2 },
  ]
  for (const { collected, ...activity } of looks) {
    rest.look(activity)
    expect(count).toBe(collected)
  }
})
