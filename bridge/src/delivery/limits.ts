import type { Clock } from '../clock.ts'

/** Times of the delivery, in milliseconds. */
export interface DeliveryLimits {
  /** A turn without an end is aborted after so long. */
  turn_ms: number
  /** A command without an output is given up after so long. */
  command_ms: number
  /** Silence on a turn after which the gateway is asked for its outcome: events may have been lost. */
  quiet_ms: number
  /** Silence after a restart of the gateway after which an interrupted turn counts as lost. */
  resume_ms: number
  /** A row that could not be finished for so long is given up. */
  give_up_ms: number
}

export const DELIVERY_LIMITS: DeliveryLimits = {
  turn_ms: 60 * 60_000,
  command_ms: 5 * 60_000,
  quiet_ms: 30_000,
  resume_ms: 2 * 60_000,
  give_up_ms: 24 * 60 * 60_000,
}

/** A signal that aborts after `ms` or with `signal`; `end` stops its timer and its listening. */
export function within(ms: number, signal: AbortSignal, clock: Clock): { signal: AbortSignal; end(): void } {
  const over = new AbortController()
  const abort = () => over.abort()
  const cancel = clock.after(ms, abort)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  return {
    signal: over.signal,
    end() {
      cancel()
      signal.removeEventListener('abort', abort)
    },
  }
}
