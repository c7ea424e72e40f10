/** Human-readable times in the reader's time zone: the clock today, the weekday this week, the date before that. */

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const WEEKDAY = new Intl.DateTimeFormat('en', { weekday: 'short' })
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const DATE_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const WEEKDAY_LONG = new Intl.DateTimeFormat('en-GB', { weekday: 'long' })
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' })
const DAY_YEAR = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
})
const FULL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'medium' })

const DAY_MS = 24 * 60 * 60_000

export const clock = (iso: string) => CLOCK.format(new Date(iso))
export const fullTime = (iso: string) => FULL.format(new Date(iso))

function dayStart(ms: number): number {
  const date = new Date(ms)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}

/** A key that is equal for times of the same local day. */
export function dayKey(iso: string): string {
  return String(dayStart(Date.parse(iso)))
}

/** "Today", "Yesterday", "Thursday, 19 November"; with the year if it is not the current one. */
export function dayName(iso: string, now_ms: number): string {
  const at = Date.parse(iso)
  const days = Math.round((dayStart(now_ms) - dayStart(at)) / DAY_MS)
  if (days === 0) return 'Today'
  if (days === 1) return 'Yesterday'
  const same_year = new Date(at).getFullYear() === new Date(now_ms).getFullYear()
  const date = new Date(at)
  return `${WEEKDAY_LONG.format(date)}, ${(same_year ? DAY : DAY_YEAR).format(date)}`
}

/** A short time: "14:05", "Thu", "19 Nov", "19 Nov 2024". */
export function when(iso: string, now_ms: number): string {
  const at = Date.parse(iso)
  const days = Math.round((dayStart(now_ms) - dayStart(at)) / DAY_MS)
  if (days === 0) return clock(iso)
  if (days > 0 && days < 7) return WEEKDAY.format(new Date(at))
  const same_year = new Date(at).getFullYear() === new Date(now_ms).getFullYear()
  return (same_year ? DATE : DATE_YEAR).format(new Date(at))
}

/** "just now", "4 min ago", "3 h ago", then as {@link when}. */
export function ago(iso: string, now_ms: number): string {
  const passed_ms = now_ms - Date.parse(iso)
  if (passed_ms < 60_000) return 'just now'
  if (passed_ms < 60 * 60_000) return `${Math.floor(passed_ms / 60_000)} min ago`
  if (passed_ms < DAY_MS) return `${Math.floor(passed_ms / (60 * 60_000))} h ago`
  return when(iso, now_ms)
}

/** A duration: "3:12", "1:04:09". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const [hours = 0, minutes = 0, rest = 0] = parts
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}
