import { fold } from './search-fold.ts'
import type { SearchTerm } from './search-terms.ts'

/** A shorter word is one letter away from too many others. */
const WORD_MIN = 4
const WORD_MAX = 30
/** Words of a search that are looked at. */
const WORDS_MAX = 4

const LATIN = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'
const CYRILLIC = 'абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґў'
const GREEK = 'αβγδεζηθικλμνξοπρστυφχψω'

/** The words of a search that may be spelled wrong. */
export function spellableWords(terms: readonly SearchTerm[]): string[] {
  const words = terms.filter(({ phrase, negated, text }) => !phrase && !negated && isSpellable(fold(text)))
  return [...new Set(words.map(({ text }) => text))].slice(0, WORDS_MAX)
}

const isSpellable = (word: string) =>
  /^[\p{L}\p{N}]+$/u.test(word) &&
  /\p{L}/u.test(word) &&
  word.length >= WORD_MIN &&
  word.length <= WORD_MAX &&
  alphabetOf(word) !== undefined

function alphabetOf(word: string): string | undefined {
  return [LATIN, CYRILLIC, GREEK].find((alphabet) =>
    [...word].every((letter) => alphabet.includes(letter) || DIGITS.includes(letter)),
  )
}

/** All words at one edit from a word (a letter left out, added, changed, or two neighbours swapped), and the word itself. */
export function wordsNear(text: string): string[] {
  const word = fold(text)
  const alphabet = (alphabetOf(word) ?? '') + (/\d/.test(word) ? DIGITS : '')
  const near = new Set([word])
  for (let i = 0; i <= word.length; i++) {
    const [before, after] = [word.slice(0, i), word.slice(i)]
    if (after !== '') near.add(before + after.slice(1))
    if (after.length > 1) near.add(before + after.charAt(1) + after.charAt(0) + after.slice(2))
    for (const letter of alphabet) {
      near.add(before + letter + after)
      if (after !== '') near.add(before + letter + after.slice(1))
    }
  }
  return [...near]
}

/**
 * The word at one edit from `text` that most of the texts have, as it is written there; undefined when there is none, or
 * when the texts have the word itself.
 */
export function spellingIn(text: string, texts: readonly string[]): string | undefined {
  const wanted = fold(text)
  const near = new Set(wordsNear(text))
  const counts = new Map<string, number>()
  for (const one of texts) {
    const words = new Set(one.match(/[\p{L}\p{M}\p{N}]+/gu)?.map((word) => word.toLowerCase()))
    for (const word of words) {
      const folded = fold(word)
      if (folded.startsWith(wanted)) return undefined
      if (near.has(folded)) counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  let best: string | undefined
  for (const [word, count] of counts) if (count > (counts.get(best ?? '') ?? 0)) best = word
  return best
}

/** A search with words replaced, each as a whole word; phrases stay. */
export function respelled(q: string, spellings: ReadonlyMap<string, string>): string {
  return q.replace(/["“”„«»][^"“”„«»]*(?:["“”„«»]|$)|[^\s"“”„«»]+/gu, (part) => spellings.get(part) ?? part)
}
