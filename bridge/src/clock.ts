/** Time as the bridge sees it: injected, so that tests control it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Calls `fire` once after `delay_ms`. Returns a function that cancels it. */
  after(delay_ms: number, fire: () => void): () => void
}

/** A longer `setTimeout` fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay_ms, fire) {
    const handle = setTimeout(fire, delay_ms > 0 ? Math.min(delay_ms, TIMER_MS_MAX) : 0)
    return () => clearTimeout(handle)
  },
}

/** Resolves after `ms`, or at once when the signal aborts. */
export async function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return
  await new Promise<void>((resolve) => {
    const done = () => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(ms, done)
    signal?.addEventListener('abort', done)
  })
}
