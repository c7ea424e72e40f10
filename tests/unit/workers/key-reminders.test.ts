import { describe, expect, test } from 'bun:test'
import { LIMITS } from '../../../src/contracts/limits.ts'
import { type DueKey, KEYS_AT_ONCE, reminderTime, remindOfKeys } from '../../../src/workers/key-reminders.ts'

const at = (due_at: string, time_zone: string) => new Date(reminderTime({ due_at, time_zone })).toISOString()

describe('T10 the time of a reminder', () => {
  test('T10 is the next 9:00 of the zone', () => {
    expect(at('2026-01-10T07:59:00.000Z', 'Europe/Berlin')).toBe('2026-01-10T08:00:00.000Z')
    expect(at('2026-01-10T08:00:00.000Z', 'Europe/Berlin')).toBe('2026-01-10T08:00:00.000Z')
    expect(at('2026-01-10T08:00:01.000Z', 'Europe/Berlin')).toBe('2026-01-11T08:00:00.000Z')
    expect(at('2026-01-10T20:00:00.000Z', 'Asia/Kathmandu')).toBe('2026-01-11T03:15:00.000Z')
    expect(at('2026-01-10T20:00:00.000Z', 'UTC')).toBe('2026-01-11T09:00:00.000Z')
  })

  test('T10 keeps to it when the clocks change', () => {
    expect(at('2026-03-28T12:00:00.000Z', 'Europe/Berlin')).toBe('2026-03-29T07:00:00.000Z')
    expect(at('2026-10-24T12:00:00.000Z', 'Europe/Berlin')).toBe('2026-10-25T08:00:00.000Z')
    expect(at('2026-03-07T15:00:00.000Z', 'America/New_York')).toBe('2026-03-08T13:00:00.000Z')
  })
})

test('T10 all pages are read, keys are told by org, and an org that fails holds up no other', async () => {
  const keys = Array.from(
    { length: KEYS_AT_ONCE + 1 },
    (_, i): DueKey => ({
      org_id: i % 2 ? 'odd' : 'even',
      id: String(i).padStart(4, '0'),
      // Every third one is due this afternoon only: the next morning.
      due_at: i % 3 ? '2026-01-10T08:00:00.000Z' : '2026-01-10T10:00:00.000Z',
      time_zone: 'UTC',
    }),
  )
  const told = new Map<string, string[]>()
  const failures: string[] = []
  await remindOfKeys({
    due: async (after, limit) => keys.filter(({ id }) => after === null || id > after).slice(0, limit),
    remind: async (org_id, key_ids) => {
      expect(key_ids.length).toBeLessThanOrEqual(LIMITS.keys_told_max)
      if (org_id === 'even') throw new Error('away')
      told.set(org_id, [...(told.get(org_id) ?? []), ...key_ids])
    },
    now: () => Date.parse('2026-01-10T09:00:00.000Z'),
    stopping: () => false,
    failed: (stage) => failures.push(stage),
  })
  const expected = keys.filter((key, i) => key.org_id === 'odd' && i % 3).map(({ id }) => id)
  expect(told).toEqual(new Map([['odd', expected]]))
  expect(failures.length).toBeGreaterThan(0)
})
