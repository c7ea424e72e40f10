import { FORMATS, t } from '../i18n/index.ts'

/** Human-readable times in the reader's time zone: the clock today, the weekday this week, the date before that. */

const DAY_MS = 24 * 60 * 60_000

/** Times as a locale writes them, 12 or 24 hours included; words in the language of the page. */
export function timesIn(locale: string) {
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options)
  const short = format({ timeStyle: 'short' })
  const seconds = format({ timeStyle: 'medium' })
  const exact = format({ dateStyle: 'full', timeStyle: 'long' })
  const utc = format({ dateStyle: 'full', timeStyle: 'medium', timeZone: 'UTC' })
  const zone = exact.resolvedOptions().timeZone
  const moment = format({ dateStyle: 'medium', timeStyle: 'short' })
  const weekday = format({ weekday: 'short' })
  const date = format({ day: 'numeric', month: 'short' })
  const date_year = format({ day: 'numeric', month: 'short', year: 'numeric' })
  const day = format({ weekday: 'long', day: 'numeric', month: 'long' })
  const day_year = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })

  /** The time of day: "14:05", "2:05 PM". */
  const clock = (iso: string) => short.format(new Date(iso))
  /** The time of day to the second: "14:05:09". */
  const clockSeconds = (iso: string) => seconds.format(new Date(iso))
  /** Day and time to the second in the reader's zone, with its offset then, and in UTC. */
  const exactTimes = (iso: string) => [
    { zone, text: exact.format(new Date(iso)) },
    { zone: 'UTC', text: utc.format(new Date(iso)) },
  ]
  /** The same as one sentence. */
  const exactTime = (iso: string) =>
    exactTimes(iso)
      .map(({ zone, text }) => `${text} (${zone})`)
      .join('; ')
  /** A moment of another day: "19 Nov 2026, 14:05". */
  const dateTime = (iso: string) => moment.format(new Date(iso))

  /** A day: "19 Nov 2026". */
  const dateName = (day: Date) => date_year.format(day)

  /** "Today", "Yesterday", "Thursday, 19 November"; with the year if it is not the current one. */
  function dayName(iso: string, now_ms: number): string {
    const at = Date.parse(iso)
    const days = daysBetween(at, now_ms)
    if (days === 0) return t('common.time.today')
    if (days === 1) return t('common.time.yesterday')
    return (sameYear(at, now_ms) ? day : day_year).format(at)
  }

  /** A short time: "14:05", "Thu", "19 Nov", "19 Nov 2024". */
  function when(iso: string, now_ms: number): string {
    const at = Date.parse(iso)
    const days = daysBetween(at, now_ms)
    if (days === 0) return clock(iso)
    if (days > 0 && days < 7) return weekday.format(at)
    return (sameYear(at, now_ms) ? date : date_year).format(at)
  }

  /** "just now", "4 min ago", "3 h ago", then as `when`. */
  function ago(iso: string, now_ms: number): string {
    const passed_ms = now_ms - Date.parse(iso)
    if (passed_ms < 60_000) return t('common.time.just_now')
    if (passed_ms < 60 * 60_000)
      return t('common.time.minutes_ago', { count: Math.floor(passed_ms / 60_000) })
    if (passed_ms < DAY_MS)
      return t('common.time.hours_ago', { count: Math.floor(passed_ms / (60 * 60_000)) })
    return when(iso, now_ms)
  }

  return { clock, clockSeconds, exactTimes, exactTime, dateTime, dateName, dayName, when, ago }
}

export const { clock, clockSeconds, exactTimes, exactTime, dateTime, dateName, dayName, when, ago } =
  timesIn(FORMATS)

function dayStart(ms: number): number {
  const date = new Date(ms)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}

const daysBetween = (at_ms: number, now_ms: number) =>
  Math.round((dayStart(now_ms) - dayStart(at_ms)) / DAY_MS)

const sameYear = (one_ms: number, other_ms: number) =>
  new Date(one_ms).getFullYear() === new Date(other_ms).getFullYear()

/** A key that is equal for times of the same local day. */
export function dayKey(iso: string): string {
  return String(dayStart(Date.parse(iso)))
}

/** A duration: "3:12", "1:04:09". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const [hours = 0, minutes = 0, rest = 0] = parts
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}
