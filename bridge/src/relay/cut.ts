const GRAPHEMES = new Intl.Segmenter('und', { granularity: 'grapheme' })
/** A character as people see it is looked for within so many units; a longer one is cut. */
const GRAPHEME_UNITS_MAX = 64

/**
 * A line in two: as many whole words as fit into `room` characters (code points, at least 1), and the rest. A word that does not
 * fit is cut between characters as people see them. Nothing is lost.
 */
export function cut(line: string, room: number): [string, string] {
  let end = 0
  for (let n = 0; n < room && end < line.length; n++) end += line.codePointAt(end)! > 0xffff ? 2 : 1
  if (end >= line.length) return [line, '']
  const at = wordEnd(line, end) ?? graphemeEnd(line, end)
  return [line.slice(0, at), line.slice(at)]
}

/** Behind the last white space up to `end` that has something before it. */
function wordEnd(line: string, end: number): number | undefined {
  let at = end
  while (at > 0 && !/\s/.test(line[at - 1]!)) at--
  return line.slice(0, at).trim() === '' ? undefined : at
}

function graphemeEnd(line: string, end: number): number {
  const from = Math.max(0, end - GRAPHEME_UNITS_MAX)
  const around = line.slice(from, end + GRAPHEME_UNITS_MAX).toWellFormed()
  const segment = GRAPHEMES.segment(around).containing(end - from)
  const at = segment ? from + segment.index : end
  return at > from ? at : end
}
