import { Logger } from 'graphile-worker'

/** The library's log: only its own errors. A failed job is reported by the code that ran it. */
export function queueLogger(report: (text: string, error: unknown) => void): Logger {
  return new Logger(() => (level, message, meta) => {
    if (String(level) === 'error' && meta?.failure !== true) report(message, meta?.error)
  })
}
