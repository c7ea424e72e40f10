import pino from 'pino'
import { Scrubber } from './log/scrub.ts'
import { Secrets } from './log/secrets.ts'
import { textLine } from './log/text-line.ts'

type Fields = Readonly<Record<string, unknown>>

/** The bridge's log. Every field and text passes through the scrubber, so that no caller has to remove secrets. */
export interface Log {
  debug(text: string, fields?: Fields): void
  info(text: string, fields?: Fields): void
  warn(text: string, fields?: Fields): void
  error(text: string, fields?: Fields): void
  /** The one reporter of failed work without a caller; `stage` names the work in a few words. */
  failed(stage: string, error: unknown): void
  /** A log with these fields in every line, e.g. `{ agent }`. */
  child(fields: Fields): Log
}

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error'
  /** Lines of JSON, or lines of text for people. */
  format: 'json' | 'text'
  /** Values to remove wherever they appear; shared with whoever reads credentials. */
  secrets?: Secrets
  /** Takes complete lines, in order; standard output by default. */
  write?: (line: string) => void
}

/** A log with ISO times. A line is written before the call returns, so that it survives the death of the process. */
export function createLog(options: LogOptions): Log {
  const stdout = options.write === undefined ? pino.destination({ fd: 1, sync: true }) : undefined
  const write = options.write ?? ((line: string) => void stdout?.write(line))
  const logger = pino(
    {
      level: options.level,
      base: {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(options.format === 'text' ? textLine(line) : line) },
  )
  return wrap(logger, new Scrubber(options.secrets ?? new Secrets()))
}

function wrap(logger: pino.Logger, scrubber: Scrubber): Log {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (text: string, fields: Fields = {}) => {
      if (logger.isLevelEnabled(level)) logger[level](scrubber.fields(fields), scrubber.text(text))
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    failed: (stage, error) =>
      logger.error(
        { stage: scrubber.text(stage), error: scrubber.error(error) },
        `failed: ${scrubber.text(stage)}`,
      ),
    child: (fields) => wrap(logger.child(scrubber.fields(fields)), scrubber),
  }
}
