import { cleanLines } from './clean.ts'

/** In front of each line of a quote; no unquoted line begins with it. */
const MARK = '> '

/**
 * A text of somebody else as data: each of its lines is marked, whatever characters end a line, so that nothing in it can end
 * the quote or stand beside it.
 */
export function quote(text: string): string {
  return cleanLines(text)
    .map((line) => `${MARK}${line}`.trimEnd())
    .join('\n')
}
