import type { Log } from './log.ts'

/** What is under way may take this long to end after the first signal; the rest is in the state file. */
const END_MS = 8_000

/** The first SIGTERM or SIGINT aborts `ending`, the second one ends the process at once. Returns how to stop listening. */
export function listenForSignals(ending: AbortController, log: Log): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    if (ending.signal.aborted) process.exit(1)
    log.info('The bridge ends.', { signal })
    ending.abort()
    setTimeout(() => process.exit(0), END_MS).unref()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return () => {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
  }
}
