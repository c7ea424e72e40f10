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
    ([name, value]) => ` ${plain(name)}=${typeof value === 'string' ? plain(value) : JSON.stringify(value)}`,
  )
  const head = `${clock} ${paint(label.toUpperCase().padEnd(5), COLOURS[label], colour)} ${typeof msg === 'string' ? plain(msg) : ''}`
  return `${head}${paint(fields.join(''), 90, colour)}${errorText(error)}\n`
}

function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('stack' in error && typeof error.stack === 'string')
    return error.stack
      .split('\n')
      .map((line) => `\n  ${plain(line)}`)
      .join('')
  return 'message' in error ? ` ${plain(String(error.message))}` : ''
}

/** Characters that move the cursor, colour or reorder the text of a terminal, and ends of lines. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

/** A text as one line that a terminal only prints: a name or an address may hold anything. */
function plain(text: string): string {
  return text.replace(CONTROLS, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
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
