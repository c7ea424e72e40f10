/** How a sender or member looks, from what is known of it: the same id has the same colour on every page. */
export interface Face {
  id: string | null
  type: 'human' | 'agent' | 'sub_agent' | 'system'
  display_name: string
}

const HUES = ['sand', 'sage', 'clay', 'slate', 'rose', 'olive'] as const

/** Two letters: initials of a person, the beginning of an agent's name. */
export function initials({ type, display_name }: Pick<Face, 'type' | 'display_name'>): string {
  const words = display_name.split(/[\s_-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word))
  const first = letters(words[0] ?? '?')
  if (type === 'agent' || type === 'sub_agent') return first.slice(0, 2).join('').toLowerCase()
  const last = words.length > 1 ? letters(words.at(-1) ?? '')[0] : first[1]
  return `${first[0] ?? '?'}${last ?? ''}`.toUpperCase()
}

/** Characters as people count them. */
function letters(word: string): string[] {
  return [...word].filter((letter) => /[\p{L}\p{N}?]/u.test(letter))
}

/** A person's colour, by its id. */
export function hueOf(id: string | null): (typeof HUES)[number] {
  let sum = 0
  for (const letter of id ?? '') sum = (sum * 31 + letter.charCodeAt(0)) >>> 0
  return HUES[sum % HUES.length] ?? 'sand'
}

/** Its name with what it is, for those who do not see the shape. */
export function spokenName({ type, display_name }: Pick<Face, 'type' | 'display_name'>): string {
  if (type === 'agent') return `${display_name}, agent`
  if (type === 'sub_agent') return `${display_name}, sub-agent`
  return display_name
}
