const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as HTML, in an element or in a quoted attribute. */
export function html(text: string): string {
  return withoutControls(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '')
}

/** A text for a header: white space is one space, and no line break can begin a header of its own. */
export function oneLine(text: string): string {
  return withoutControls(text).replace(/\s+/gu, ' ').trim()
}

/** The beginning of a text, with an ellipsis when something is left out. Cuts between visible characters. */
export function shortened(text: string, max: number): string {
  const clean = withoutControls(text)
  if (clean.length <= max) return clean
  const cut: string[] = []
  let length = 0
  // Of a text of any length only the part that can be shown is looked at.
  for (const { segment } of new Intl.Segmenter('en').segment(clean.slice(0, max * 2))) {
    length += segment.length
    if (length >= max) break
    cut.push(segment)
  }
  return `${cut.join('').trimEnd()}…`
}

/** Control characters but tab and line feed, and the signs that turn the direction of what follows them. */
function withoutControls(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u202A-\u202E\u2066-\u2069\u2028\u2029]/g, ' ')
    .replace(/[^\P{Cc}\t\n]/gu, ' ')
}
