/** One line of text for a line of the JSON log: time, level, message, `name=value` fields. It never has a line break inside. */
export function textLine(line: string): string {
  const { time, level, msg, error, ...rest }: Record<string, unknown> = JSON.parse(line)
  const fields = Object.entries(rest).map(([name, value]) => ` ${bare(name)}=${worded(value)}`)
  const head = `${word(time)} ${word(level).toUpperCase().padEnd(5)} ${bare(word(msg))}`
  return `${head}${fields.join('')}${error === undefined ? '' : ` error=${worded(errorWords(error))}`}\n`
}

/** Without the stack: it is in the JSON format. */
function errorWords(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || !('message' in error)) return error
  return 'type' in error && error.type !== 'Error' ? `${error.type}: ${error.message}` : error.message
}

const word = (value: unknown) => (typeof value === 'string' ? value : '')

/** A string in quotes where it would not be one word, anything else as JSON. */
function worded(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/@…[\]-]+$/.test(value)) return value
  return bare(JSON.stringify(value) ?? '')
}

/** Control characters would let a text write lines of its own, or move the cursor of a terminal. */
function bare(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
