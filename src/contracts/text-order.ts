/**
 * The order of names and titles in lists: root collation, digits by their value. The database sorts by the same collation
 * (`natural` of the first migration).
 */
export const compareNames: (a: string, b: string) => number = new Intl.Collator('en-u-kn-true').compare

const LETTERS: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ð: 'd',
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ħ: 'h',
  ı: 'i',
  ŧ: 't',
  ς: 'σ',
}

/** Folding for look-ups, as the database does it (`fold_text`): without case, width, accents, vowel points, ligatures. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]/g, '')
    .replace(/\u200b|\u200c|\u200d|\u00ad|\ufe0e|\ufe0f/g, '')
    .toLowerCase()
    .replace(/[ßæœþðłøđħıŧς]/g, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFC')
}
