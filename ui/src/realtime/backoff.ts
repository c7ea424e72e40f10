/**
 * Exponential back-off with full jitter: a random delay below a bound that doubles, so that the clients of a server do not
 * reconnect at the same moment.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(
  attempt: number,
  random: () => number,
  bounds = { first_ms: 500, longest_ms: 20_000 },
): number {
  const bound = Math.min(bounds.longest_ms, bounds.first_ms * 2 ** Math.min(attempt, 16))
  return Math.floor(random() * bound)
}
