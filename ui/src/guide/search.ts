/** A section of the guide: its address, the title of its document, its heading, its text. */
export type Section = readonly [url: string, title: string, heading: string, text: string]

export interface Hit {
  url: string
  title: string
  heading: string
  /** Part of the text around the first word that was found. */
  snippet: string
}

const HITS_MAX = 12
const SNIPPET_CHARS = 140

const wordsOf = (query: string) => query.toLowerCase().split(/\s+/).filter(Boolean)

/** The sections that have every word of the query, those with a word in title or heading first. */
export function search(sections: readonly Section[], query: string): Hit[] {
  const words = wordsOf(query)
  if (words.length === 0) return []
  return sections
    .flatMap((section) => {
      const score = scoreOf(section, words)
      return score > 0 ? [{ section, score }] : []
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, HITS_MAX)
    .map(({ section: [url, title, heading, text] }) => ({
      url,
      title,
      heading,
      snippet: snippetOf(text, words),
    }))
}

function scoreOf([, title, heading, text]: Section, words: readonly string[]): number {
  const [in_title, in_heading, in_text] = [title.toLowerCase(), heading.toLowerCase(), text.toLowerCase()]
  const phrase = words.join(' ')
  const has = (text: string) => words.length > 1 && text.replaceAll('-', ' ').includes(phrase)
  let score = (has(in_heading) ? 12 : 0) + (has(in_text) ? 8 : 0)
  for (const word of words) {
    const points =
      (in_heading.includes(word) ? 10 : 0) +
      (in_title.includes(word) ? 6 : 0) +
      Math.min(4, in_text.split(word).length - 1)
    if (points === 0) return 0
    score += points
  }
  return score
}

function snippetOf(text: string, words: readonly string[]): string {
  const found = words.map((word) => text.toLowerCase().indexOf(word)).filter((at) => at >= 0)
  const from = Math.max(0, Math.min(...found, text.length) - 40)
  const begin = from === 0 ? 0 : text.indexOf(' ', from) + 1
  const part = text.slice(begin, begin + SNIPPET_CHARS)
  return `${begin > 0 ? '… ' : ''}${part}${begin + SNIPPET_CHARS < text.length ? ' …' : ''}`
}

/** The text in pieces; those that are words of the query are marked. */
export function marked(text: string, query: string): { text: string; mark: boolean }[] {
  const words = wordsOf(query)
  const pieces: { text: string; mark: boolean }[] = []
  const lower = text.toLowerCase()
  let at = 0
  while (at < text.length) {
    const next = words
      .map((word) => ({ word, from: lower.indexOf(word, at) }))
      .filter(({ from }) => from >= 0)
      .sort((a, b) => a.from - b.from || b.word.length - a.word.length)[0]
    if (next === undefined) break
    if (next.from > at) pieces.push({ text: text.slice(at, next.from), mark: false })
    at = next.from + next.word.length
    pieces.push({ text: text.slice(next.from, at), mark: true })
  }
  return [...pieces, ...(at < text.length ? [{ text: text.slice(at), mark: false }] : [])]
}
