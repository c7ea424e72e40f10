import { describe, expect, test } from 'bun:test'
import { nextRun } from '../../../src/domain/schedules.ts'

const next = (after: string, schedule_cron: string, time_zone = 'UTC') => {
  const at = nextRun(Date.parse(after), { schedule_cron, time_zone })
  return at === undefined ? undefined : new Date(at).toISOString()
}

describe('the next run of a schedule', () => {
  test.each([
    ['0 2 * * *', '2026-11-28T02:00:00.000Z', '2026-11-29T02:00:00.000Z'],
    ['0 2 * * *', '2026-11-28T01:59:59.999Z', '2026-11-28T02:00:00.000Z'],
    ['*/15 * * * *', '2026-11-28T02:07:00.000Z', '2026-11-28T02:15:00.000Z'],
    ['0 2 * * sun', '2026-11-28T02:00:00.000Z', '2026-11-29T02:00:00.000Z'],
    ['0 2 * * 7', '2026-11-28T02:00:00.000Z', '2026-11-29T02:00:00.000Z'],
    ['*/20 1,13 1-7 jan-mar mon', '2026-11-28T00:00:00.000Z', '2027-01-01T01:00:00.000Z'],
    ['0 0 29 2 *', '2026-11-28T00:00:00.000Z', '2028-02-29T00:00:00.000Z'],
  ])('of %s after %s', (cron, after, expected) => {
    expect(next(after, cron)).toBe(expected)
  })

  test('is undefined for a day that never comes', () => {
    expect(next('2026-11-28T00:00:00.000Z', '0 0 30 2 *')).toBeUndefined()
  })

  test('goes by the clock of the zone, and makes up for a time that the clock leaves out', () => {
    expect(next('2026-11-28T00:00:00.000Z', '0 2 * * *', 'Asia/Kolkata')).toBe('2026-11-28T20:30:00.000Z')
    expect(next('2026-03-28T12:00:00.000Z', '30 2 * * *', 'Europe/Berlin')).toBe('2026-03-29T01:00:00.000Z')
    expect(next('2026-10-24T12:00:00.000Z', '30 2 * * *', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z')
    expect(next('2026-10-25T00:30:00.000Z', '30 2 * * *', 'Europe/Berlin')).toBe('2026-10-26T01:30:00.000Z')
  })

  test('throws for a text that is no schedule', () => {
    for (const text of ['', 'now', '0 2 * *', '60 * * * *', '0 0 0 2 * * *'])
      expect(() => next('2026-11-28T00:00:00.000Z', text)).toThrow()
  })
})
