import { LIMITS } from './limits.ts'

/*
 * Usernames: how people and agents are mentioned. Plain functions without a schema library: the mention grammar of
 * server and app, routes and forms judge by the same predicate.
 */

/** Scripts in everyday use (UAX #31, table 5), and those that are written together (UTS #39, 5.1). */
const SCRIPTS = [
  ...['Latin', 'Cyrillic', 'Greek', 'Arabic', 'Armenian', 'Bengali', 'Devanagari', 'Ethiopic', 'Georgian'],
  ...['Gujarati', 'Gurmukhi', 'Hebrew', 'Kannada', 'Khmer', 'Lao', 'Malayalam', 'Myanmar', 'Oriya'],
  ...['Sinhala', 'Tamil', 'Telugu', 'Thaana', 'Thai', 'Tibetan'],
].map((script) => `\\p{scx=${script}}`)
SCRIPTS.push(
  '\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}',
  '\\p{scx=Han}\\p{scx=Hangul}',
  '\\p{scx=Han}\\p{scx=Bopomofo}',
)

const ONE_SCRIPT = new RegExp(SCRIPTS.map((script) => `^[${script}0-9._-]+$`).join('|'), 'u')

/** A letter or digit first; dots, hyphens and underscores only inside. */
export const USERNAME_PATTERN = '^[\\p{L}\\p{Nd}](?:[\\p{L}\\p{M}\\p{Nd}._-]*[\\p{L}\\p{M}\\p{Nd}])?$'
const FORM = new RegExp(USERNAME_PATTERN, 'u')

/** A character that may be part of a username, as the class of a regular expression with the flag `u`. */
export const USERNAME_CHARACTER = '[\\p{L}\\p{M}\\p{Nd}._-]'

/** The form in which usernames are stored and compared: NFKC, small letters. */
export function usernameForm(text: string): string {
  return text.normalize('NFKC').toLowerCase().normalize('NFKC')
}

/** Whether a text is a username in its stored form: letters, digits, dot, hyphen, underscore, letters of one script. */
export function isUsername(text: string): boolean {
  return (
    text.length <= LIMITS.username_max &&
    text === usernameForm(text) &&
    FORM.test(text) &&
    !/\p{Default_Ignorable_Code_Point}/u.test(text) &&
    ONE_SCRIPT.test(text)
  )
}
