import { type Clock, pause } from '../clock.ts'
import { StateFull, StateUnwritable } from '../state/port.ts'

const AGAIN_MS = 1_000

/**
 * Stores something, again and again while the state is full or the disk does not take it. `onBlocked` is called when that begins
 * and when it is over. Rejects with every other error, and with the signal's reason when that aborts.
 */
export async function storing<T>(
  clock: Clock,
  signal: AbortSignal,
  store: () => T,
  onBlocked: () => void = () => undefined,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted()
    try {
      const stored = store()
      if (tries > 1) onBlocked()
      return stored
    } catch (error) {
      if (!(error instanceof StateFull || error instanceof StateUnwritable)) throw error
      if (tries === 1) onBlocked()
      await pause(clock, AGAIN_MS, signal)
    }
  }
}
