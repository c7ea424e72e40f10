/** An `@name` that is not part of a word or an address (`me@example.com`). The same grammar as the server's. */
const MENTION = /(?<![\p{L}\p{N}_.@/-])@([a-z0-9][a-z0-9._-]{0,63})/giu

export type MentionPart = { text: string; username?: string }

/** Splits a text at its mentions. Trailing dots and dashes belong to the sentence, not to the name. */
export function splitMentions(text: string): MentionPart[] {
  const parts: MentionPart[] = []
  let at = 0
  for (const match of text.matchAll(MENTION)) {
    const name = (match[1] ?? '').replace(/[._-]+$/, '')
    if (name === '') continue
    if (match.index > at) parts.push({ text: text.slice(at, match.index) })
    parts.push({ text: `@${name}`, username: name.toLowerCase() })
    at = match.index + 1 + name.length
  }
  if (at < text.length) parts.push({ text: text.slice(at) })
  return parts
}
