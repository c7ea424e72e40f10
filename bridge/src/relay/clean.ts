/** Characters without ink: white space, controls, format characters, fillers, the empty braille pattern. As the server judges. */
const INVISIBLE = /^[\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*$/u

/** Everything that some program takes for the end of a line. */
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g

/** Controls but the tab, e.g. escape sequences of terminals. */
const CONTROL = /[\p{Cc}--\t]/gv

/**
 * Characters that a model reads and a person does not see: tags, supplementary variation selectors, zero-width spaces, fillers,
 * and those that turn the order of a line around. Joiners, emoji selectors and plain direction marks stay: words need them.
 */
const HIDDEN =
  /[[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]--[\u034f\u061c\u200c-\u200f\u180b-\u180f\ufe00-\ufe0f]]/gv

/** Whether a text shows nothing: the server refuses such a message. */
export function isInvisible(text: string): boolean {
  return INVISIBLE.test(text)
}

/** The lines of a text of somebody else, with what only a program would see taken out. Controls become U+FFFD. */
export function cleanLines(text: string): string[] {
  return text
    .toWellFormed()
    .replace(LINE_BREAK, '\n')
    .replace(HIDDEN, '')
    .split('\n')
    .map((line) => line.replace(CONTROL, '\ufffd'))
}

/** The same as one line, with single spaces. */
export function cleanLine(text: string): string {
  return cleanLines(text).join(' ').replace(/\s+/g, ' ').trim()
}

/** A name as it stands in a header: it cannot close the header, or look like one of its fields. */
export function cleanName(text: string): string {
  const name = cleanLine(text).replace(/[[(]/g, '‹').replace(/[\])]/g, '›').replaceAll('·', '•')
  return isInvisible(name) ? 'nameless' : name
}

/** The first `characters_max` code points of a text; what was left out is said in a line of its own. */
export function shortened(text: string, characters_max: number): string {
  if (text.length <= characters_max) return text
  const characters = [...text]
  const left_out = characters.length - characters_max
  if (left_out <= 0) return text
  return `${characters.slice(0, characters_max).join('')}\n(${left_out} more characters)`
}
