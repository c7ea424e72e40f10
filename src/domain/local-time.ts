/** Times of day in IANA time zones. Pure: moments come in as epoch milliseconds; the rules of zones are the runtime's. */

const DAY_MS = 24 * 60 * 60_000
/** Every offset from UTC is smaller, and the clocks of a zone change at most once within twice as long. */
const OFFSET_MS_MAX = DAY_MS
/** A zone that moved over the date line left one day out. */
const DAYS_LEFT_OUT_MAX = 1

/** Hour and minute that a clock shows, 0:00 to 23:59. */
export interface ClockTime {
  hour: number
  minute: number
}

const FORMATS_MAX = 1_000
const formats = new Map<string, Intl.DateTimeFormat>()

/** Throws a RangeError for a zone that the runtime does not know. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  // There are fewer zones than that; spellings of them are as many as one likes.
  if (formats.size >= FORMATS_MAX) formats.clear()
  formats.set(zone, format)
  return format
}

/** Whether a text is the name of a time zone. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** What clock and calendar of the zone show at a moment, as the UTC moment that shows the same: to the second. */
function shownAt(at_ms: number, zone: string): number {
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {}
  for (const { type, value } of formatOf(zone).formatToParts(at_ms)) part[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** Offset of the zone from UTC at a moment; east is positive. */
export function offsetAt(at_ms: number, zone: string): number {
  return shownAt(at_ms, zone) - Math.floor(at_ms / 1000) * 1000
}

/**
 * The next moment after `after_ms` at which a clock of the zone shows a time of day. On a day on which the clock shows it
 * twice it is the first of them; on a day on which the clock leaves it out it is the moment at which the clock is put
 * forward. A day that the zone left out has none.
 */
export function nextClockTime(after_ms: number, zone: string, { hour, minute }: ClockTime): number {
  const today = Math.floor(shownAt(after_ms, zone) / DAY_MS) * DAY_MS
  for (let day = 0; day <= 1 + DAYS_LEFT_OUT_MAX; day++) {
    const wall = today + day * DAY_MS + (hour * 60 + minute) * 60_000
    const at = firstShowing(wall, zone)
    if (at !== undefined && at > after_ms) return at
  }
  throw new Error(`unreachable: ${zone} leaves out several days`)
}

/** The first moment of a local day from which the clock shows `wall` or later; undefined when the day has none. */
function firstShowing(wall: number, zone: string): number | undefined {
  const offsets = [offsetAt(wall - OFFSET_MS_MAX, zone), offsetAt(wall + OFFSET_MS_MAX, zone)]
  const exact = offsets.map((offset) => wall - offset).filter((at) => shownAt(at, zone) === wall)
  if (exact.length > 0) return Math.min(...exact)
  // Left out: between these two the clock is put forward over it.
  let before = wall - Math.max(...offsets) - 1000
  let from = wall - Math.min(...offsets)
  while (from - before > 1000) {
    const middle = before + Math.floor((from - before) / 2000) * 1000
    if (shownAt(middle, zone) < wall) before = middle
    else from = middle
  }
  const same_day = Math.floor(shownAt(from, zone) / DAY_MS) === Math.floor(wall / DAY_MS)
  return same_day ? from : undefined
}
