const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** A span for people: "40 seconds", "2 minutes", "3 h 20 min". */
export function spanText(ms: number): string {
  if (ms < MINUTE_MS) return counted(Math.max(0, Math.floor(ms / 1000)), 'second')
  if (ms < HOUR_MS) return counted(Math.floor(ms / MINUTE_MS), 'minute')
  const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS)
  return `${Math.floor(ms / HOUR_MS)} h${minutes > 0 ? ` ${minutes} min` : ''}`
}

/** "1 message", "2 messages". */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** A reason in brackets, or nothing. */
export function because(reason: string | null): string {
  return reason === null || reason === '' ? '' : ` (${reason})`
}
