import type { MessageKind, SenderType } from '../contracts/vocabulary.ts'

const COMMAND = /^\/([a-z][a-z0-9_-]{0,31})(?:\s|$)/

/** The command in a human's message, or undefined. An agent's text is never a command. */
export function parseCommand(
  content: string,
  sender_type: SenderType,
): { command: string; args: string } | undefined {
  if (sender_type !== 'human' || !content.startsWith('/')) return undefined
  const match = COMMAND.exec(content)
  if (!match) return undefined
  return { command: match[1]!, args: content.slice(match[1]!.length + 1).trim() }
}

/** Names after an `@`, lower-case, in order, each once: `@forge`, not the middle of `me@example.com`. */
export function mentionedNames(content: string): string[] {
  if (!content.includes('@')) return []
  const names = new Set<string>()
  for (const match of content.matchAll(/(?<![\p{L}\p{N}_.@/-])@([a-z0-9][a-z0-9._-]{0,63})/giu)) {
    const name = match[1]!.toLowerCase().replace(/[._-]+$/, '')
    if (name) names.add(name)
  }
  return [...names]
}

export interface Mentions {
  /** Users to notify. */
  ids: string[]
  /** Ids or `@names` of members without access to the channel. */
  ignored: string[]
}

/**
 * Merges the given ids with the names found in the text. `idOf` finds a member by username, `mayRead` checks access to
 * the channel. Unknown names are plain text, not ignored mentions.
 */
export function resolveMentions(
  given: readonly string[],
  content: string,
  idOf: (name: string) => string | undefined,
  mayRead: (user_id: string) => boolean,
): Mentions {
  if (given.length === 0 && !content.includes('@')) return { ids: [], ignored: [] }
  const ids = new Set<string>()
  const ignored = new Set<string>()
  for (const id of given) (mayRead(id) ? ids : ignored).add(id)
  for (const name of mentionedNames(content)) {
    const id = idOf(name)
    if (id === undefined) continue
    if (mayRead(id)) ids.add(id)
    else ignored.add(id)
  }
  return { ids: [...ids], ignored: [...ignored] }
}

/** Kind of the stored message: the requested kind, unless the text is a command. */
export function messageKind(
  asked: MessageKind | undefined,
  sender_type: SenderType,
  content: string,
): MessageKind {
  if (asked === 'command_output' && sender_type !== 'human') return 'command_output'
  return parseCommand(content, sender_type) ? 'command' : 'text'
}
