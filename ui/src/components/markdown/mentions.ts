/** Where `@names` stand in a text: `@forge`, not the middle of `me@example.com`. The server reads them the same way. */
const MENTION = /(?<![\p{L}\p{N}_.@/-])@([a-z0-9][a-z0-9._-]{0,63})/giu

export type MentionPart = { text: string; username?: string }

/** Splits a text at its mentions; trailing dots and dashes belong to the sentence, not to the name. */
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
