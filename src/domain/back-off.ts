export interface BackOffLimits {
  /** Failures that cost nothing. */
  free: number
  /** The first wait; each further failure doubles it. */
  first_ms: number
  max_ms: number
  /** A key is forgotten after so long without a failure. */
  forget_ms: number
}

/** Seconds until the next try after so many failures, the last one `since_ms` ago; 0 when it may be now. */
export function waitAfter(
  count: number,
  since_ms: number,
  { free, first_ms, max_ms, forget_ms }: BackOffLimits,
): number {
  if (since_ms > forget_ms || count <= free) return 0
  const wait = Math.min(max_ms, first_ms * 2 ** Math.min(30, count - free - 1))
  return Math.max(0, Math.ceil((wait - since_ms) / 1000))
}
