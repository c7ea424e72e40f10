/*
 * Names of members, channels, projects and organizations, and titles. Plain functions without a schema library: server and app judge
 * a text alike.
 */

/** Combining marks on one letter: more of them reach over the neighbouring lines; no script needs as many. */
const MARKS_MAX = 4

/**
 * Characters without a place in a name: controls, line separators, private use, and format characters (directions,
 * tags, soft hyphen, zero width), but for the joiners, which {@link JOINED} admits in their context.
 */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/u

/** Drawn as nothing although no format character: fillers, blank symbols, selectors. */
const BLANK = /\p{Default_Ignorable_Code_Point}|[\u2800\ufffc\u{1d159}\u{16fe4}]/u

const BLANKS = new RegExp(BLANK.source, 'gu')

/** Where a joiner or a selector changes the look: Persian and Indic letters, emoji, ideographic and Mongolian variants. */
const JOINED = new RegExp(
  [
    '(?<=[\\p{L}\\p{M}])[\\u200c\\u200d](?=[\\p{L}\\p{M}])(?<=[^\\p{scx=Latin}\\p{scx=Cyrillic}\\p{scx=Greek}].)',
    '(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f])\\u200d(?=\\p{Extended_Pictographic})',
    '(?<=\\p{Emoji})\\ufe0f',
    '(?<=\\p{Script=Han})[\\u{e0100}-\\u{e01ef}]',
    '(?<=\\p{Script=Mongolian})[\\u180b-\\u180d]',
  ].join('|'),
  'gu',
)

const STACKED = new RegExp(`\\p{M}{${MARKS_MAX + 1}}`, 'u')

/** What shows: a letter, a digit, punctuation or a symbol. Spaces and marks alone do not. */
const SHOWN = /[\p{L}\p{N}\p{P}\p{S}]/u

/** The stored form of a name: NFC, white space at the ends removed and otherwise a single space. */
export function tidyName(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\p{Zs}+/gu, ' ')
    .trim()
}

/** The stored form of a line of text, e.g. a title: one space for any white space, line break or control. */
export function tidyLine(text: string): string {
  return text.replace(/[\s\p{Z}\p{Cc}]+/gu, ' ').trim()
}

/** What is wrong with a name or a line of text. */
export type NameFault = 'forbidden' | 'invisible' | 'blank' | 'marks'

const PROBLEMS: Readonly<Record<NameFault, string>> = {
  forbidden: 'Must not contain control, direction or tag characters.',
  invisible: 'Must not contain invisible characters.',
  blank: 'Must show at least one character.',
  marks: 'Has too many marks on one letter.',
}

const problemOf = (fault: NameFault | undefined) => fault && PROBLEMS[fault]

/** Why a line of text would show nothing, or reach over its neighbours; undefined for a good one. */
export const lineProblem = (text: string): string | undefined => problemOf(lineFault(text))

function lineFault(text: string): NameFault | undefined {
  const plain = text.replace(JOINED, '')
  if (!SHOWN.test(plain.replace(BLANKS, ''))) return 'blank'
  return STACKED.test(plain) ? 'marks' : undefined
}

/** Why a name would show nothing, or something else than it is; undefined for a good one. */
export const nameProblem = (text: string): string | undefined => problemOf(nameFault(text))

/** The same as a word, for callers that tell it in another language. */
export function nameFault(text: string): NameFault | undefined {
  const plain = text.replace(JOINED, '')
  if (FORBIDDEN.test(plain)) return 'forbidden'
  if (BLANK.test(plain) || /[\u200c\u200d]/.test(plain)) return 'invisible'
  if (!SHOWN.test(plain)) return 'blank'
  return STACKED.test(plain) ? 'marks' : undefined
}
