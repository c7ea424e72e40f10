import { t } from '../../i18n/index.ts'
import { isolate } from './isolate.ts'
/** What an avatar needs to know of a sender or member. */
export interface Face {
  id: string | null
  type: 'human' | 'agent' | 'sub_agent' | 'system'
  display_name: string
}

const HUES = ['sand', 'sage', 'clay', 'slate', 'rose', 'olive'] as const
export type Hue = (typeof HUES)[number]

/** Two letters: the initials of a human, the first two letters of an agent; the number of a sub-agent whose name ends in one. */
export function initials({ type, display_name }: Pick<Face, 'type' | 'display_name'>): string {
  const words = display_name.split(/[\s_-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word))
  const first = letters(words[0] ?? '?')
  const number = words.length > 1 ? words.at(-1) : undefined
  if (type === 'sub_agent' && number !== undefined && /^\d{1,3}$/.test(number)) return number
  if (type === 'agent' || type === 'sub_agent') return first.slice(0, 2).join('').toLowerCase()
  const last = words.length > 1 ? letters(words.at(-1) ?? '')[0] : first[1]
  return `${first[0] ?? '?'}${last ?? ''}`.toUpperCase()
}

/** Letters and digits of a word, by code point. */
function letters(word: string): string[] {
  return [...word].filter((letter) => /[\p{L}\p{N}?]/u.test(letter))
}

/** The avatar colour of an id. */
export function hueOf(id: string | null): Hue {
  return HUES[hueIndex(id ?? '')] ?? 'sand'
}

/**
 * Avatar colours of the members of an org: the colour of the id, or the next free one. The first six differ from each other.
 * A new member changes no other colour, because newer ids sort later.
 */
export function assignHues(ids: Iterable<string>): Map<string, Hue> {
  const hues = new Map<string, Hue>()
  const taken = new Set<number>()
  for (const id of [...ids].sort()) {
    if (taken.size === HUES.length) taken.clear()
    let place = hueIndex(id)
    while (taken.has(place)) place = (place + 1) % HUES.length
    taken.add(place)
    hues.set(id, HUES[place] ?? 'sand')
  }
  return hues
}

/**
 * Hash of an id: FNV-1a, then the finalizer of MurmurHash3 for avalanche. The ids of one server share their first half, the
 * timestamp.
 */
function hueIndex(id: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % HUES.length
}

/** The name with the type, for screen readers: the shape of the avatar shows the type otherwise. */
export function spokenName({ type, display_name }: Pick<Face, 'type' | 'display_name'>): string {
  const name = isolate(display_name)
  if (type === 'agent') return t('common.spoken.agent', { name })
  if (type === 'sub_agent') return t('common.spoken.sub_agent', { name })
  return name
}
