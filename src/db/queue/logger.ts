import { Logger } from 'graphile-worker'

/** The library's log: only its own errors and warnings. A failed job is reported by the code that ran it. */
export function queueLogger(report: (text: string, error: unknown) => void): Logger {
  return new Logger(() => (level, message, meta) => {
    if (meta?.failure === true) return
    if (String(level) === 'error' || String(level) === 'warning') report(message, meta?.error)
  })
}
