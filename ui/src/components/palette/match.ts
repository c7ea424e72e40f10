import fuzzysort from 'fuzzysort'

/** A text in parts, with those that match a query marked. */
export type Marked = readonly { text: string; hit: boolean }[]

/** Below this score only scattered letters match. */
const SCORE_MIN = 0.4
/** A recent place comes before an equal one. */
const RECENT_BONUS = 0.15

export interface Matchable {
  title: string
  /** Other words that it is found by. */
  words?: string
  recent?: boolean
}

/** Entries that match a query, best first. */
export function matching<T extends Matchable>(entries: readonly T[], query: string, max: number): T[] {
  const results = fuzzysort.go(query, entries, {
    keys: [({ title }) => title, ({ words }) => words],
    threshold: SCORE_MIN,
    limit: 0,
    // A title counts before the words that stand for it.
    scoreFn: ([title, words]) => Math.max(title?.score ?? 0, 0.9 * (words?.score ?? 0)),
  })
  return results
    .map(({ obj, score }) => ({ obj, score: score + (obj.recent ? RECENT_BONUS : 0) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, max)
    .map(({ obj }) => obj)
}

/** The title in parts. What only other words match is not marked. */
export function marked(title: string, query: string): Marked {
  const result = query === '' ? null : fuzzysort.single(query, title)
  if (!result || result.score < SCORE_MIN) return [{ text: title, hit: false }]
  return result
    .highlight((text) => ({ text, hit: true }))
    .map((part) => (typeof part === 'string' ? { text: part, hit: false } : part))
    .filter(({ text }) => text !== '')
}
