/** A difference within this much is the second's rounding of the server's date, and the way of the answer. */
const TOLERANCE_MS = 2_000

let ahead_ms = 0

/** The time of the server at a time of this device's clock, which may be wrong; both in epoch milliseconds. */
export function serverTime(now_ms: number): number {
  return now_ms + ahead_ms
}

/** Takes over the time that an answer of the server tells, e.g. in its `Date`. */
export function noteServerTime(date: string | null, now_ms = Date.now()): void {
  const now_ahead_ms = date === null ? Number.NaN : Date.parse(date) - now_ms
  if (Number.isNaN(now_ahead_ms) || Math.abs(now_ahead_ms - ahead_ms) <= TOLERANCE_MS) return
  ahead_ms = Math.abs(now_ahead_ms) <= TOLERANCE_MS ? 0 : now_ahead_ms
}
