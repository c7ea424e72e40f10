import { constants } from 'node:os'
import { END_SIGNALS } from '../serve/shutdown.ts'

/**
 * Ends the process by `process.exit` on a signal, so that exit handlers run: a start that is interrupted leaves no
 * embedded PostgreSQL behind. Once the server has handlers of its own, which drain, these do nothing.
 */
export function exitOnSignals(): void {
  for (const signal of END_SIGNALS)
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal])
    })
}
