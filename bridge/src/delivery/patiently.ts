import { type Clock, pause } from '../clock.ts'
import { backOffMs } from '../server/back-off.ts'
import { ServerAway } from '../server/port.ts'

/** Asks the server again and again while it is away. Rejects with every other error, and with the signal's reason when that aborts. */
export async function patiently<T>(
  { clock, random }: { clock: Clock; random: () => number },
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; ) {
    signal.throwIfAborted()
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ServerAway)) throw error
      await pause(clock, Math.max(error.retry_after_ms, backOffMs(++failures, random)), signal)
    }
  }
}
