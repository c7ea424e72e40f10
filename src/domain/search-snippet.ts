import { fold, UNSPACED } from './search-fold.ts'

/** Characters of a snippet at most, without its marks. */
const LENGTH = 240
/** Characters before the first marked word. */
const BEFORE = 60

/** A lexeme of the query: a stem, a whole word, or the beginning of words. */
interface Lexeme {
  text: string
  prefix: boolean
}

type Range = readonly [start: number, end: number]

/** The lexemes of a query as PostgreSQL writes it: `'depl':* & 'it''s'`. */
export function lexemesOf(query: string): Lexeme[] {
  return [...query.matchAll(/'((?:[^']|'')*)'(:\*)?/g)].map(([, text = '', prefix]) => ({
    text: text.replaceAll("''", "'"),
    prefix: prefix !== undefined,
  }))
}

/** The part of a text around its matches, escaped, with `<mark>` as the only markup; undefined when nothing matches. */
export function snippetOf(text: string, lexemes: readonly Lexeme[]): string | undefined {
  const ranges = matches(text, lexemes)
  return ranges.length === 0 ? undefined : cut(text, ranges)
}

/** The beginning of a text, as a snippet without a match. */
export const beginning = (text: string): string => cut(text, [])

/** Runs of letters and digits, and symbols. */
const WORD = /[\p{L}\p{M}\p{N}]+|\p{S}/gu

function matches(text: string, lexemes: readonly Lexeme[]): Range[] {
  const found: Range[] = []
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (UNSPACED.test(word)) found.push(...inRun(word, index, lexemes))
    else if (isMatch(fold(word), lexemes)) found.push([index, index + word.length])
  }
  return joined(text, found)
}

/** Places of the lexemes inside a run of characters without spaces. */
function inRun(run: string, at: number, lexemes: readonly Lexeme[]): Range[] {
  const folded = fold(run)
  // Folding that changes the length loses the places: the run is marked whole or not at all.
  const aligned = folded.length === run.length
  return lexemes.flatMap(({ text }) => {
    const places: Range[] = []
    if (!UNSPACED.test(text) && !/^[\p{L}\p{N}]+$/u.test(text)) return places
    for (let i = folded.indexOf(text); i >= 0 && text !== ''; i = folded.indexOf(text, i + 1))
      places.push(aligned ? [at + i, at + i + text.length] : [at, at + run.length])
    return places
  })
}

const isMatch = (word: string, lexemes: readonly Lexeme[]): boolean =>
  lexemes.some(
    ({ text, prefix }) =>
      text === word || (prefix && word.startsWith(text)) || text === `-${word}` || hasStem(word, text),
  )

/** Endings of English that stemming takes away or changes. */
const ENDING =
  /^(?:e|y|s|es|ed|ing|ings|er|ers|ies|ied|ier|iest|ily|ying|ly|ment|ments|ness|able|ible|al|ally|ation|ations|ator|ators|ize|izes|ized|izing|ization|izations|ion|ions|ional|ive|ity|ities|ance|ence|ances|ences|ous|ously|ful|fully|iness)$/

/**
 * Whether an English word may have this stem. Close enough for marking: the database, which knows the stems, has found
 * the text already.
 */
function hasStem(word: string, stem: string): boolean {
  if (stem.length < 3 || !/^[a-z]+$/.test(stem)) return false
  const base = /[ie]$/.test(stem) ? stem.slice(0, -1) : stem
  if (!word.startsWith(base)) return false
  const rest = word.slice(base.length)
  return ENDING.test(rest) || (rest.startsWith(base.slice(-1)) && ENDING.test(rest.slice(1)))
}

/** In order, with overlapping ranges as one, and the parts of an identifier too. */
function joined(text: string, ranges: Range[]): Range[] {
  const all: Range[] = []
  for (const [start, end] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = all.at(-1)
    if (last && (start <= last[1] || /^[-./_:#@+\\]{1,3}$/.test(text.slice(last[1], start))))
      all[all.length - 1] = [last[0], Math.max(last[1], end)]
    else all.push([start, end])
  }
  return all
}

function cut(text: string, ranges: readonly Range[]): string {
  const [from, to] = windowOf(text, ranges)
  let html = from > 0 ? '…' : ''
  let at = from
  for (const [start, end] of ranges) {
    if (start < from || end > to) continue
    html += `${escaped(text.slice(at, start))}<mark>${escaped(text.slice(start, end))}</mark>`
    at = end
  }
  html += escaped(text.slice(at, to))
  return html.replaceAll(/\s+/g, ' ').trim() + (to < text.length ? '…' : '')
}

/** The stretch with the most matches, the first of them; it begins and ends between words where it can. */
function windowOf(text: string, ranges: readonly Range[]): Range {
  if (text.length <= LENGTH) return [0, text.length]
  let best = 0
  let most = 0
  for (const [i, [start]] of ranges.entries()) {
    let count = 0
    for (let j = i; j < ranges.length && ranges[j]![1] <= start + LENGTH - BEFORE; j++) count++
    if (count > most) [best, most] = [start, count]
  }
  let from = best <= BEFORE ? 0 : best - BEFORE
  if (from > 0) {
    const space = text.slice(from, best).search(/\s/)
    if (space >= 0) from += space + 1
    else if (/[\udc00-\udfff]/.test(text.charAt(from))) from++
  }
  let to = Math.min(text.length, from + LENGTH)
  if (to < text.length) {
    const space = text.slice(0, to).search(/\s\S*$/)
    if (space > best + LENGTH / 2) to = space
    else if (/[\ud800-\udbff]/.test(text.charAt(to - 1))) to--
  }
  return [from, to]
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '')
