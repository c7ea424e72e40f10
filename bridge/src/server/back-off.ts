const FIRST_MS = 1_000
const MAX_MS = 60_000

/**
 * Milliseconds to wait after so many failures in a row: exponential back-off with full jitter, 1 s to 60 s at most
 * ("Exponential Backoff and Jitter", AWS Architecture Blog). `random` is in [0, 1).
 */
export function backOffMs(failures: number, random: () => number): number {
  return random() * Math.min(MAX_MS, FIRST_MS * 2 ** Math.max(0, failures - 1))
}
