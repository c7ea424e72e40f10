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
  for (const [, minus = '', quoted, word = ''] of q.matchAll(PART)) {
    if (quoted === undefined && minus === '' && word.toLowerCase() === 'or') {
      alternatives.push([])
      last = undefined
      continue
    }
    last = { text: quoted ?? word, phrase: quoted !== undefined, negated: minus === '-', prefix: false }
    if (/[^\s\p{P}]/u.test(last.text)) alternatives.at(-1)?.push(last)
  }
  if (last && !last.phrase && !last.negated) last.prefix = true
  return alternatives.filter((terms) => terms.some(({ negated }) => !negated))
}
