import pino from 'pino'
import { prettyLine } from './log/pretty.ts'
import { scrub, scrubError, scrubText } from './log/scrub.ts'

type Fields = Readonly<Record<string, unknown>>

/** The server's log. Every field and text passes through `scrub`, so that no caller has to remove secrets. */
export interface Log {
  debug(fields: Fields, text: string): void
  info(fields: Fields, text: string): void
  warn(fields: Fields, text: string): void
  error(fields: Fields, text: string): void
  /** The one reporter of failed work without a caller; `stage` names the work in a few words. */
  failed(stage: string, error: unknown): void
  /** A log with these fields in every line, e.g. `{ request_id }`. */
  child(fields: Fields): Log
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface LogOptions {
  level: LogLevel
  /** Fields of every line, e.g. `{ node_id }`. */
  fields?: Fields
  /** Lines for a person instead of JSON; by default when standard output is a terminal. */
  pretty?: boolean
  /** Takes complete lines, in order; standard output by default. */
  write?: (line: string) => void
}

/**
 * A log of JSON lines with ISO times. A line is written before the call returns, so that it survives the death of the
 * process (under Bun pino's asynchronous destinations report a flush before it has happened).
 */
export function createLog(options: LogOptions): Log {
  const pretty = options.pretty ?? (options.write === undefined && process.stdout.isTTY === true)
  const stdout = options.write === undefined ? pino.destination({ fd: 1, sync: true }) : undefined
  const write = options.write ?? ((line: string) => void stdout?.write(line))
  const colour = options.write === undefined && (process.env.NO_COLOR ?? '') === ''
  const logger = pino(
    {
      level: options.level,
      base: scrub(options.fields ?? {}),
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(pretty ? prettyLine(line, colour) : line) },
  )
  return wrap(logger)
}

function wrap(logger: pino.Logger): Log {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: Fields, text: string) => {
    if (logger.isLevelEnabled(level)) logger[level](scrub(fields), scrubText(text))
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    failed: (stage, error) => logger.error({ stage, error: scrubError(error) }, `failed: ${stage}`),
    child: (fields) => wrap(logger.child(scrub(fields))),
  }
}
