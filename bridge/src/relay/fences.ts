/** A fenced code block that is open: how it began, and what ends it (CommonMark 0.31, 4.5). */
export interface Fence {
  marker: string
  info: string
  /** White space in front of the opening line. */
  indent: string
}

/** A longer marker or indentation is taken for text, a longer info string is shortened where a fence is opened again. */
const MARKER_CHARACTERS_MAX = 32
const INDENT_CHARACTERS_MAX = 32
const INFO_CHARACTERS_MAX = 40
/** A marker further in than this is content of the fence, not its end. */
const CLOSING_INDENT_MAX = 3

/** The fence that is open after a line, given the one that is open before it. */
export function fenceAfter(line: string, open: Fence | undefined): Fence | undefined {
  const [, indent = '', marker = '', info = ''] = /^([ \t]*)(`{3,}|~{3,})(.*)$/.exec(line) ?? []
  if (open) {
    const is_end = marker.startsWith(open.marker) && info.trim() === ''
    return is_end && indent.length <= open.indent.length + CLOSING_INDENT_MAX ? undefined : open
  }
  const is_start =
    marker !== '' &&
    marker.length <= MARKER_CHARACTERS_MAX &&
    indent.length <= INDENT_CHARACTERS_MAX &&
    !(marker.startsWith('`') && info.includes('`'))
  return is_start ? { marker, info: info.trim(), indent } : undefined
}

/** The line that opens a fence again in the next part, at the margin: a list around it stayed behind. */
export function opening({ marker, info }: Fence): string {
  return marker + [...info].slice(0, INFO_CHARACTERS_MAX).join('')
}

export function closing({ marker, indent }: Fence): string {
  return indent + marker
}

/** A line of a fence that was opened again, moved towards the margin with it. */
export function outdented(line: string, indent: string): string {
  let at = 0
  while (at < indent.length && (line[at] === ' ' || line[at] === '\t')) at++
  return line.slice(at)
}
