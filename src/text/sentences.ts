/** Sentences with values, by which a sentence in another language is found. */
export interface SentencePattern {
  pattern: RegExp
  text: string
}

/** Of English sentences with `{}` for each value, and their translations with `{0}` for the first one. */
export function patternsOf(sentences: Readonly<Record<string, string>>): SentencePattern[] {
  return Object.entries(sentences).map(([english, text]) => {
    const parts = english.split('{}').map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
    return { pattern: new RegExp(`^${parts.join('(.+)')}$`, 'su'), text }
  })
}

/** The translation of the first pattern that a sentence fits; `word` translates its values. */
export function translated(
  patterns: readonly SentencePattern[],
  sentence: string,
  word: (value: string) => string = (value) => value,
): string | undefined {
  for (const { pattern, text } of patterns) {
    const values = pattern.exec(sentence)?.slice(1)
    if (values) return text.replace(/\{(\d)\}/g, (_, at: string) => word(values[Number(at)] ?? ''))
  }
  return undefined
}
