import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { isTimeZone, nextClockTime, offsetAt } from '../../../src/domain/local-time.ts'

const NINE = { hour: 9, minute: 0 }
const next = (after: string, zone: string, time = NINE) =>
  new Date(nextClockTime(Date.parse(after), zone, time)).toISOString()

describe('the next time of day in a zone', () => {
  test('is today or tomorrow, never now', () => {
    expect(next('2026-11-27T07:59:59Z', 'Europe/Berlin')).toBe('2026-11-27T08:00:00.000Z')
    expect(next('2026-11-27T08:00:00Z', 'Europe/Berlin')).toBe('2026-11-28T08:00:00.000Z')
    expect(next('2026-11-27T07:59:59.999Z', 'Europe/Berlin')).toBe('2026-11-27T08:00:00.000Z')
    expect(next('2026-11-27T23:30:00Z', 'UTC')).toBe('2026-11-28T09:00:00.000Z')
  })

  test('stays at the time of day when the clocks change in between', () => {
    expect(next('2026-03-28T09:00:00Z', 'Europe/Berlin')).toBe('2026-03-29T07:00:00.000Z')
    expect(next('2026-10-24T08:00:00Z', 'Europe/Berlin')).toBe('2026-10-25T08:00:00.000Z')
    expect(next('2026-03-07T15:00:00Z', 'America/New_York')).toBe('2026-03-08T13:00:00.000Z')
  })

  test('that the clock leaves out is the moment at which it is put forward', () => {
    const half_past_two = { hour: 2, minute: 30 }
    expect(next('2026-03-28T20:00:00Z', 'Europe/Berlin', half_past_two)).toBe('2026-03-29T01:00:00.000Z')
    // Only once that day.
    expect(next('2026-03-29T01:00:00Z', 'Europe/Berlin', half_past_two)).toBe('2026-03-30T00:30:00.000Z')
    // Half an hour forward, at two; at midnight.
    expect(next('2026-10-03T12:00:00Z', 'Australia/Lord_Howe', { hour: 2, minute: 15 })).toBe(
      '2026-10-03T15:30:00.000Z',
    )
    expect(next('2018-11-03T20:00:00Z', 'America/Sao_Paulo', { hour: 0, minute: 30 })).toBe(
      '2018-11-04T03:00:00.000Z',
    )
  })

  test('that the clock shows twice is the first of them', () => {
    const half_past_two = { hour: 2, minute: 30 }
    expect(next('2026-10-24T20:00:00Z', 'Europe/Berlin', half_past_two)).toBe('2026-10-25T00:30:00.000Z')
    expect(next('2026-10-25T00:30:00Z', 'Europe/Berlin', half_past_two)).toBe('2026-10-26T01:30:00.000Z')
  })

  test('is on the day after one that the zone left out', () => {
    // Samoa had no 30 December 2011.
    expect(next('2011-12-29T20:00:00Z', 'Pacific/Apia')).toBe('2011-12-30T19:00:00.000Z')
  })

  const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'), 'UTC')
  const moments = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2037, 0) })
  const times = fc.record({ hour: fc.nat({ max: 23 }), minute: fc.nat({ max: 59 }) })

  test('is what a walk over the minutes finds', () => {
    fc.assert(
      fc.property(zones, moments, times, (zone, after_ms, time) => {
        expect(nextClockTime(after_ms, zone, time)).toBe(walked(after_ms, zone, time))
      }),
      { numRuns: 60 },
    )
  })

  test('around the changes of clocks, too', () => {
    // The hours of the changes of 2026, of zones that change by an hour, by half of one, and at midnight.
    const changes = fc.constantFrom(
      ...(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago'] as const).flatMap(
        (zone) => changesOf(zone, 2026).map((at) => ({ zone, at })),
      ),
    )
    const around = fc.integer({ min: -26 * 60, max: 26 * 60 })
    fc.assert(
      fc.property(changes, around, times, ({ zone, at }, minutes, time) => {
        const after_ms = at + minutes * 60_000
        expect(nextClockTime(after_ms, zone, time)).toBe(walked(after_ms, zone, time))
      }),
      { numRuns: 100 },
    )
  })

  test('comes again after itself, at most two days later', () => {
    fc.assert(
      fc.property(zones, moments, times, (zone, after_ms, time) => {
        const at = nextClockTime(after_ms, zone, time)
        expect(at).toBeGreaterThan(after_ms)
        expect(at - after_ms).toBeLessThanOrEqual(50 * 60 * 60_000)
        expect(nextClockTime(at - 1, zone, time)).toBe(at)
      }),
      { numRuns: 300 },
    )
  })
})

describe('names of zones', () => {
  test.each([
    'UTC',
    'Europe/Berlin',
    'America/Argentina/Buenos_Aires',
    'Etc/GMT+5',
    'Asia/Kolkata',
    'Asia/Calcutta',
  ])('%s is one', (name) => expect(isTimeZone(name)).toBe(true))
  test.each(['', 'Mars/Olympus', 'Europe', 'Europe/', 'Berlin', '../etc/passwd', 'Europe/Berlin '])(
    '“%s” is none',
    (name) => expect(isTimeZone(name)).toBe(false),
  )
})

test('offsets are those of the moment', () => {
  expect(offsetAt(Date.parse('2026-07-01T00:00:00.123Z'), 'Asia/Kathmandu')).toBe(345 * 60_000)
  expect(offsetAt(Date.parse('2026-07-01T00:00:00Z'), 'America/New_York')).toBe(-240 * 60_000)
})

const MINUTE_MS = 60_000

/** Date and minute of the day that a clock of the zone shows, as the locale of Sweden writes them. */
function clockOf(zone: string) {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
  })
  return (at_ms: number) => {
    const [date = '', clock = ''] = format.format(at_ms).split(' ')
    const [hour = 0, minute = 0] = clock.split(':').map(Number)
    return { date, minutes: hour * 60 + minute }
  }
}

/** The first minute of a local day from which the clock shows the time or later, by looking at each of them. */
function walked(after_ms: number, zone: string, { hour, minute }: { hour: number; minute: number }): number {
  const clock = clockOf(zone)
  const wanted = hour * 60 + minute
  const seen = new Set<string>()
  const from = Math.floor(after_ms / MINUTE_MS) * MINUTE_MS
  for (let at = from - 30 * 60 * MINUTE_MS; ; at += MINUTE_MS) {
    const { date, minutes } = clock(at)
    if (minutes < wanted || seen.has(date)) continue
    seen.add(date)
    if (at > after_ms) return at
  }
}

/** Moments of a year at which the offset changes, to the minute. */
function changesOf(zone: string, year: number): number[] {
  const found: number[] = []
  let offset = offsetAt(Date.UTC(year, 0), zone)
  for (let at = Date.UTC(year, 0); at < Date.UTC(year + 1, 0); at += 30 * MINUTE_MS) {
    const now = offsetAt(at, zone)
    if (now !== offset) found.push(at)
    offset = now
  }
  return found
}
