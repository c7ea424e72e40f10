import type { EventPayload } from '../../../src/contracts/event-payloads.ts'
import type { Message } from '../../../src/contracts/resources.ts'

const COMMAND = /^\/([a-z][a-z0-9_-]{0,31})(?:\s|$)/

/**
 * The command of a stored message, as its event told it: asked for again, it comes without its event. Only this agent is asked.
 * Undefined for a message without the form of a command.
 */
export function commandOf(message: Message, agent_id: string): EventPayload<'command.invoked'> | undefined {
  const { id: message_id, channel_id, seq, sender, content } = message
  const [, command] = COMMAND.exec(content) ?? []
  if (command === undefined) return undefined
  const args = content.slice(command.length + 1).trim()
  return { command, args, channel_id, message_id, seq, sender, target_agent_ids: [agent_id] }
}
