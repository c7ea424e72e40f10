import { usernameForm } from '../contracts/usernames.ts'
import { parseMarkdown } from './markdown.ts'
import { pieces } from './tree.ts'

/*
 * The grammar of mentions, for the server that notifies and for the app that highlights. A mention is `@` and a known
 * username in the prose of the Markdown tree: outside code, addresses and longer words.
 */

/** A part of a text; `username` when the part is a mention of that member. */
export interface MentionPart {
  text: string
  username?: string
}

/** Whether a member has this username, given in its stored form. */
export type IsUsername = (name: string) => boolean

/** `@`, and its full-width and small forms, which input methods of East Asia produce. */
const AT = /[@＠﹫]/
const EACH_AT = new RegExp(AT, 'g')

/** A text without this sign needs no parser: it mentions nobody. */
export function mayMention(text: string): boolean {
  return AT.test(text)
}

/** Usernames that a Markdown text mentions, in order, each once. */
export function mentionsIn(content: string, isUsername: IsUsername): string[] {
  if (!namesAnyone(content, isUsername)) return []
  const names = new Set<string>()
  for (const piece of pieces(parseMarkdown(content))) {
    if (piece.type !== 'text') continue
    for (const { username } of splitMentions(piece.text, isUsername)) if (username) names.add(username)
  }
  return [...names]
}

/**
 * Whether any `@` is followed by a known username, wherever that ends: the parser may split the text inside a longer run
 * of name characters, at a link. Without one the text needs no parser, which takes milliseconds.
 */
function namesAnyone(content: string, isUsername: IsUsername): boolean {
  for (const { index } of content.matchAll(EACH_AT))
    if (longestName(content, index + 1, isUsername, () => true)) return true
  return false
}

/** Splits a piece of prose at its mentions. The parts together are the text. */
export function splitMentions(text: string, isUsername: IsUsername): MentionPart[] {
  if (!mayMention(text)) return text === '' ? [] : [{ text }]
  const parts: MentionPart[] = []
  const addresses = addressesIn(text)
  let done = 0
  for (const { index: at } of text.matchAll(EACH_AT)) {
    if (at < done || !mayBegin(text, at) || addresses.some(([from, to]) => from < at && at < to)) continue
    const found = longestName(text, at + 1, isUsername)
    if (!found) continue
    if (at > done) parts.push({ text: text.slice(done, at) })
    parts.push({ text: text.slice(at, found.end), username: found.username })
    done = found.end
  }
  if (done < text.length) parts.push({ text: text.slice(done) })
  return parts
}

/**
 * Scripts whose words are not separated from a name by a space: those without spaces between words, and Hangul, whose
 * particles follow a name directly.
 */
const UNSPACED = [
  'Han',
  'Hiragana',
  'Katakana',
  'Bopomofo',
  'Hangul',
  'Thai',
  'Lao',
  'Khmer',
  'Myanmar',
  'Tibetan',
].map((script) => new RegExp(`\\p{scx=${script}}`, 'u'))

const LETTER = /[\p{L}\p{N}]/u
/** The last character with what modifies it: combining marks and joiners. */
const LAST = /(.)[\p{M}\u200c\u200d]*$/su

/** Whether a mention may begin at `at`: not after a backslash, another `@`, or a letter of a script with spaces. */
export function mayBegin(text: string, at: number): boolean {
  // Enough for any pile of marks that a keyboard writes.
  const before = LAST.exec(text.slice(Math.max(0, at - 32), at))?.[1]
  if (before === undefined) return true
  if (before === '\\' || AT.test(before)) return false
  return !LETTER.test(before) || UNSPACED.some((script) => script.test(before))
}

/** Length of the run of name characters that is looked at, in UTF-16 units: any username, decomposed. */
const NAME_UNITS_MAX = 160
const NAME = new RegExp(`[\\p{L}\\p{N}\\p{M}._．＿－\\u200c\\u200d-]{1,${NAME_UNITS_MAX}}`, 'uy')

/** The longest username that begins at `from` and ends where a name may end. */
function longestName(
  text: string,
  from: number,
  isUsername: IsUsername,
  endsAt: (text: string, end: number) => boolean = mayEnd,
): { username: string; end: number } | undefined {
  NAME.lastIndex = from
  const run = NAME.exec(text)?.[0]
  if (run === undefined) return undefined
  const letters = [...run]
  for (let end = from + run.length; letters.length > 0; end -= letters.pop()?.length ?? 0) {
    if (!endsAt(text, end)) continue
    const username = usernameForm(text.slice(from, end))
    if (isUsername(username)) return { username, end }
  }
  return undefined
}

/** A letter, digit or mark after at most one of the signs that join the parts of a username. */
const CONTINUED = /^[._．＿－-]?([\p{L}\p{N}\p{M}\u200c\u200d])/u

/** Whether a name may end at `end`: no `@`, letter or digit continues it, but letters of another, unspaced script may follow. */
function mayEnd(text: string, end: number): boolean {
  const rest = text.slice(end, end + 3)
  if (AT.test(rest.charAt(0))) return false
  const next = CONTINUED.exec(rest)?.[1]
  if (next === undefined) return true
  const last = LAST.exec(text.slice(Math.max(0, end - 32), end))?.[1] ?? ''
  const scripts = UNSPACED.filter((script) => script.test(next))
  return scripts.length > 0 && !scripts.some((script) => script.test(last))
}

/**
 * Addresses: anything with a scheme and `//`, the schemes that go without, and a host followed by a path. A host is a
 * name with a top-level domain, an IPv4 address or `localhost`. Each alternative starts at the beginning of a word, so
 * that a long word is read once.
 */
const ADDRESS_START = [
  '(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*:\\/\\/',
  '(?<![a-z0-9+.-])(?:mailto|xmpp|sips?|acct):',
  '(?<![\\p{L}\\p{N}.-])(?:(?:[\\p{L}\\p{N}-]+\\.)+\\p{L}{2,}|\\d{1,3}(?:\\.\\d{1,3}){3}|localhost)(?::\\d+)?[/?#]',
]
const ADDRESS = new RegExp(`(?:${ADDRESS_START.join('|')})[^\\s<>"“”«»「」『』（）]*`, 'giu')

function addressesIn(text: string): [number, number][] {
  return [...text.matchAll(ADDRESS)].map(({ index, 0: found }) => [index, index + found.length])
}
