import { afterEach, describe, expect, test } from 'bun:test'
import { duration, timesIn } from '../src/composables/times.ts'

const at = new Date(2026, 10, 19, 14, 5).toISOString()
const same_day_ms = new Date(2026, 10, 19, 18, 0).getTime()
const same_week_ms = new Date(2026, 10, 23, 9, 0).getTime()
const later_ms = new Date(2026, 11, 24, 9, 0).getTime()
const next_year_ms = new Date(2027, 0, 24, 9, 0).getTime()

/** Runtimes differ in the kind of space before AM and PM. */
const plain = (text: string) => text.replace(/\s/g, ' ')

test('a locale with 12 hours shows them, with the month before the day', () => {
  const { clock, dayName, when, dateTime } = timesIn('en-US')
  expect(plain(clock(at))).toBe('2:05 PM')
  expect(plain(when(at, same_day_ms))).toBe('2:05 PM')
  expect(when(at, same_week_ms)).toBe('Thu')
  expect(when(at, later_ms)).toBe('Nov 19')
  expect(when(at, next_year_ms)).toBe('Nov 19, 2026')
  expect(dayName(at, later_ms)).toBe('Thursday, November 19')
  expect(plain(dateTime(at))).toBe('Nov 19, 2026, 2:05 PM')
})

test('a locale with 24 hours shows them, in its own words and order', () => {
  const { clock, dayName, when, dateTime } = timesIn('de-DE')
  expect(clock(at)).toBe('14:05')
  expect(when(at, same_week_ms)).toBe('Do')
  expect(when(at, later_ms)).toBe('19. Nov.')
  expect(dayName(at, later_ms)).toBe('Donnerstag, 19. November')
  expect(dayName(at, next_year_ms)).toBe('Donnerstag, 19. November 2026')
  expect(plain(dateTime(at))).toBe('19.11.2026, 14:05')
})

test('the last two days have names', () => {
  const { dayName } = timesIn('de-DE')
  expect(dayName(at, same_day_ms)).toBe('Today')
  expect(dayName(at, new Date(2026, 10, 20, 0, 1).getTime())).toBe('Yesterday')
})

test('ago and how long', () => {
  const { ago } = timesIn('en-GB')
  const before = (seconds: number) => new Date(later_ms - seconds * 1000).toISOString()
  expect([5, 240, 7_300].map((seconds) => ago(before(seconds), later_ms))).toEqual([
    'just now',
    '4 min ago',
    '2 h ago',
  ])
  expect([0, 192_000, 3_849_000, -5].map(duration)).toEqual(['0:00', '3:12', '1:04:09', '0:00'])
})

describe('the exact time', () => {
  const zone = process.env.TZ
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
  })
  const exact = (time_zone: string, iso: string) => {
    process.env.TZ = time_zone
    return timesIn('en-GB')
      .exactTimes(iso)
      .map((line) => `${line.text} ${line.zone}`)
  }

  test('has the offset of its own moment, on both sides of a change of the clocks', () => {
    expect(exact('Europe/Berlin', '2026-03-29T00:59:59Z')).toEqual([
      'Sunday, 29 March 2026 at 01:59:59 CET Europe/Berlin',
      'Sunday, 29 March 2026 at 00:59:59 UTC',
    ])
    expect(exact('Europe/Berlin', '2026-03-29T01:00:00Z')[0]).toBe(
      'Sunday, 29 March 2026 at 03:00:00 CEST Europe/Berlin',
    )
    const twice = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'].map(
      (iso) => exact('Europe/Berlin', iso)[0],
    )
    expect(twice).toEqual([
      'Sunday, 25 October 2026 at 02:30:00 CEST Europe/Berlin',
      'Sunday, 25 October 2026 at 02:30:00 CET Europe/Berlin',
    ])
  })

  test('is of the day of its zone, with offsets that are no whole hours', () => {
    expect(exact('Asia/Kathmandu', '2026-11-27T18:30:00Z')).toEqual([
      'Saturday, 28 November 2026 at 00:15:00 GMT+5:45 Asia/Kathmandu',
      'Friday, 27 November 2026 at 18:30:00 UTC',
    ])
  })

  test('is one sentence for who hears it', () => {
    process.env.TZ = 'America/New_York'
    expect(timesIn('en-GB').exactTime('2026-11-27T18:30:05Z')).toBe(
      'Friday, 27 November 2026 at 13:30:05 GMT-5 (America/New_York); Friday, 27 November 2026 at 18:30:05 (UTC)',
    )
  })
})
