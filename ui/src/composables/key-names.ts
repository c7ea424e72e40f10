/**
 * The key of an event as shortcuts name it, e.g. `g`, `?`, `ArrowDown`. On a layout without Latin letters the place of the
 * key decides: there `key` is another character.
 */
export function keyName({ key, code, shiftKey }: Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey'>): string {
  if (key.length !== 1) return key
  if (/^[\x20-\x7e]$/.test(key)) return key.toLowerCase()
  const letter = /^Key([A-Z])$/.exec(code)?.[1]
  if (letter !== undefined) return letter.toLowerCase()
  return (shiftKey ? SHIFTED : PLAIN)[code] ?? key
}

/** The signs that shortcuts use, by their place on a keyboard of the United States. */
const PLAIN: Record<string, string> = { BracketLeft: '[', Slash: '/' }
const SHIFTED: Record<string, string> = { Slash: '?' }
