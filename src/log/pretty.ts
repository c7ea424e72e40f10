const COLOURS: Readonly<Record<string, number>> = {
  trace: 90,
  debug: 90,
  info: 36,
  warn: 33,
  error: 31,
  fatal: 31,
}

/** Formats a JSON line of the log for a terminal; a line that is not JSON is returned unchanged. */
export function prettyLine(line: string, colour: boolean): string {
  const entry = parse(line)
  if (!entry) return line
  const { time, level, msg, error, ...rest } = entry
  const label = typeof level === 'string' ? level : ''
  const clock = typeof time === 'string' ? time.slice(11, 19) : ''
  const fields = Object.entries(rest).map(
    ([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const head = `${clock} ${paint(label.toUpperCase().padEnd(5), COLOURS[label], colour)} ${typeof msg === 'string' ? msg : ''}`
  return `${head}${paint(fields.join(''), 90, colour)}${errorText(error)}\n`
}

function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('stack' in error && typeof error.stack === 'string') return `\n${error.stack.replace(/^/gm, '  ')}`
  return 'message' in error ? ` ${String(error.message)}` : ''
}

function paint(text: string, code: number | undefined, colour: boolean): string {
  return colour && code !== undefined && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    // Written by something else than the log: returned unchanged.
    return undefined
  }
}
