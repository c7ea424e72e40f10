/** Characters without ink: white space, controls, format characters, fillers, the empty braille pattern. */
const INVISIBLE = /^[\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u

/** Whether nothing of the text would be seen. */
export function isInvisible(text: string): boolean {
  return INVISIBLE.test(text)
}

/** The text without blank lines at its ends; the indentation of its first line and the spaces of its last one stay. */
export function withoutBlankEnds(text: string): string {
  const first = text.length - text.trimStart().length
  const last = text.trimEnd().length
  if (first >= last) return ''
  const end = text.indexOf('\n', last)
  const kept = text.slice(text.lastIndexOf('\n', first) + 1, end === -1 ? undefined : end)
  return kept.endsWith('\r') ? kept.slice(0, -1) : kept
}
