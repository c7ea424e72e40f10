import type { Message } from '../../../src/contracts/resources.ts'
import { cleanName } from './clean.ts'
import { messageText, ownMessageText } from './prompt.ts'

/** Bound of the whole text in characters (UTF-16 units); the oldest messages are left out first. */
const CHARACTERS_MAX = 60_000
/** Room for the two lines around the messages. */
const FRAME_CHARACTERS = 500

/**
 * The first words of a new session: earlier messages of its channel, oldest first, each a quote with its header, the agent's
 * own marked as its own. Empty without messages. `characters_max` is at least 1,000.
 */
export function primingText(
  messages: readonly Message[],
  { user_id, channel_name }: { user_id: string; channel_name: string },
  characters_max = CHARACTERS_MAX,
): string {
  if (messages.length === 0) return ''
  const kept: string[] = []
  let room = characters_max - FRAME_CHARACTERS
  for (const message of messages.toReversed()) {
    const text =
      message.sender.id === user_id
        ? ownMessageText(message, channel_name)
        : messageText(message, channel_name)
    room -= text.length + 1
    if (room < 0) break
    kept.unshift(text)
  }
  const name = cleanName(channel_name)
  const left_out = messages.length - kept.length
  const begin = `[Mission Control #${name} · earlier messages, for your information${left_out > 0 ? ` · ${left_out} older left out, they were too long` : ''}]`
  return [begin, ...kept, `[Mission Control #${name} · end of the earlier messages]`].join('\n')
}
