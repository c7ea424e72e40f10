/** How a sender or member looks, from what is known of it: the same id has the same colour on every page. */
export interface Face {
  id: string | null
  type: 'human' | 'agent' | 'sub_agent' | 'system'
  display_name: string
}

const HUES = ['sand', 'sage', 'clay', 'slate', 'rose', 'olive'] as const
export type Hue = (typeof HUES)[number]

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

/** A person's colour, by its id alone. */
export function hueOf(id: string | null): Hue {
  return HUES[placeOf(id ?? '')] ?? 'sand'
}

/**
 * Colours of the people of one org. Each has the colour of its id, or the next one while that is taken: so the first six
 * differ from each other, and whoever joins later changes nobody's colour, because newer ids sort later.
 */
export function assignHues(ids: Iterable<string>): Map<string, Hue> {
  const hues = new Map<string, Hue>()
  const taken = new Set<number>()
  for (const id of [...ids].sort()) {
    if (taken.size === HUES.length) taken.clear()
    let place = placeOf(id)
    while (taken.has(place)) place = (place + 1) % HUES.length
    taken.add(place)
    hues.set(id, HUES[place] ?? 'sand')
  }
  return hues
}

/**
 * FNV-1a over the whole id, then the finish of MurmurHash3: ids of one server share their first half (the time), and
 * every bit of the rest must move every bit of the result.
 */
function placeOf(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % HUES.length
}

/** Its name with what it is, for those who do not see the shape. */
export function spokenName({ type, display_name }: Pick<Face, 'type' | 'display_name'>): string {
  if (type === 'agent') return `${display_name}, agent`
  if (type === 'sub_agent') return `${display_name}, sub-agent`
  return display_name
}
