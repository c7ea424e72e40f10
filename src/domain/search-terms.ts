/** A word, an identifier or a phrase of a search. */
export interface SearchTerm {
  text: string
  /** In quotes: its words stand side by side. */
  phrase: boolean
  /** Must not be there. */
  negated: boolean
  /** May be the beginning of a word: somebody is still typing. */
  prefix: boolean
}

/**
 * Terms, and words of a term, that a search looks at; the rest is left out, so that it finds more rather than less. The rank
 * of a match takes the product of their number and the square of their places in the text.
 */
const TERMS_MAX = 32
const WORDS_MAX = 16

/** Alternatives, each a list of terms that all have to hold. */
export type SearchTerms = SearchTerm[][]

/** A minus sign, a phrase up to its closing quote or the end, or a word up to a space or a quote. */
const PART = /(-?)(?:["“”„«»]([^"“”„«»]*)(?:["“”„«»]|$)|([^\s"“”„«»]+))/gu

/**
 * The syntax that people know from the web: `"a phrase"`, `-without`, `one or another`. Everything is a search: quotes
 * that nobody closed, signs and lone operators are no errors.
 */
export function parseSearch(q: string): SearchTerms {
  const alternatives: SearchTerms = [[]]
  let last: SearchTerm | undefined
  let count = 0
  for (const [, minus = '', quoted, word = ''] of q.matchAll(PART)) {
    if (quoted === undefined && minus === '' && word.toLowerCase() === 'or') {
      alternatives.push([])
      last = undefined
      continue
    }
    last = {
      text: withinWords(quoted ?? word),
      phrase: quoted !== undefined,
      negated: minus === '-',
      prefix: false,
    }
    if (!/[^\s\p{P}]/u.test(last.text)) continue
    alternatives.at(-1)?.push(last)
    if (++count === TERMS_MAX) break
  }
  if (last && !last.phrase && !last.negated) last.prefix = true
  return alternatives.filter((terms) => terms.some(({ negated }) => !negated))
}

/** A text up to its last word that counts: letters and digits are words, what stands between them is not. */
function withinWords(text: string): string {
  let words = 0
  for (const { index, 0: word } of text.matchAll(/[\p{L}\p{M}\p{N}]+/gu))
    if (++words === WORDS_MAX) return text.slice(0, index + word.length)
  return text
}
