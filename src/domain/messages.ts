import { LIMITS } from '../contracts/limits.ts'
import type { MessageKind, SenderType } from '../contracts/vocabulary.ts'
import { commandForm } from '../text/commands.ts'
import { mayMention, mentionsIn } from '../text/mentions.ts'

/**
 * The command in a person's message: its name is known in the channel, or the person asked for it. Anything else that
 * begins with a slash (a path) is a text, as is every text of an agent.
 */
export function parseCommand(
  content: string,
  sender_type: SenderType,
  asked: MessageKind | undefined,
  isKnown: (command: string) => boolean,
): { command: string; args: string } | undefined {
  if (sender_type !== 'human' || !content.startsWith('/')) return undefined
  const found = commandForm(content)
  return found && (asked === 'command' || isKnown(found.command)) ? found : undefined
}

export interface Mentions {
  /** Users to notify, at most `mentions_max`. */
  ids: string[]
  /** Members who are not notified: without access to the channel, over the limit, or left out. */
  ignored: string[]
}

/**
 * Merges the given ids with the names found in the text. `idOf` finds a member by username, `mayRead` checks access to
 * the channel. Unknown names are plain text, not ignored mentions. Readers in `left_out` are ignored, mentioned or not.
 */
export function resolveMentions(
  given: readonly string[],
  content: string,
  idOf: (name: string) => string | undefined,
  mayRead: (user_id: string) => boolean,
  left_out: readonly string[] = [],
): Mentions {
  const ids = new Set<string>()
  const ignored = new Set(left_out.filter(mayRead))
  if (given.length === 0 && !mayMention(content)) return { ids: [], ignored: [...ignored] }
  const add = (id: string) => (mayRead(id) && !ignored.has(id) ? ids : ignored).add(id)
  for (const id of given) add(id)
  for (const name of mentionsIn(content, (name) => idOf(name) !== undefined)) {
    const id = idOf(name)
    if (id !== undefined) add(id)
  }
  const all = [...ids]
  const over = all.slice(LIMITS.mentions_max)
  return { ids: all.slice(0, LIMITS.mentions_max), ignored: [...ignored, ...over] }
}

/** Kind of the stored message. */
export function messageKind(
  asked: MessageKind | undefined,
  sender_type: SenderType,
  is_command: boolean,
): MessageKind {
  if (asked === 'command_output' && sender_type !== 'human') return 'command_output'
  return is_command ? 'command' : 'text'
}
