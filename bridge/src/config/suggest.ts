/** Edits between two words at which one may still be a mistyping of the other: a third of the longer one, three at most. */
const EDITS_MAX = 3

/** Characters of a word that suffice to recognise a longer one by its start. */
const START_MIN = 3

/** The most similar of the known words, or undefined when none is similar. */
export function similar(word: string, known: readonly string[]): string | undefined {
  const cut = known.find((candidate) => word.length >= START_MIN && candidate.startsWith(word.toLowerCase()))
  if (cut !== undefined) return cut
  const ranked = known
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate) }))
    .filter(
      ({ candidate, edits }) =>
        edits <= Math.min(EDITS_MAX, Math.ceil(Math.max(word.length, candidate.length) / 3)),
    )
    .toSorted((a, b) => a.edits - b.edits)
  return ranked[0]?.candidate
}

/** Levenshtein distance: insertions, deletions and substitutions, one row of the matrix at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
