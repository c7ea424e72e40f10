/** The beginning of a message in one line, for a reply's source or a spoken notice. */
export function excerpt(content: string, length_max = 80): string {
  const line = content
    .replace(/```[\s\S]*?(```|$)/g, ' code ')
    .replace(/[*_`>#]+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
  const letters = [...line]
  return letters.length > length_max
    ? `${letters
        .slice(0, length_max - 1)
        .join('')
        .trimEnd()}…`
    : line
}
