import { LIMITS } from '../contracts/limits.ts'
import type { Message } from '../contracts/resources.ts'
import { commandForm } from '../text/commands.ts'
import { agentsOf, isTaken, registeredBy } from './known-commands.ts'
import type { Permissions } from './permissions.ts'

/** That a member is not connected. */
export interface Absence {
  /** When it was last connected, ISO 8601; null when only the database knows. */
  since: string | null
}

/** A message that waits for an agent. */
export interface WaitingDelivery extends Absence {
  channel_id: string
  seq: number
  agent_id: string
}

/** Stored as `queued`; `detail` tells since when the agent is away. */
export type QueuedDelivery = Omit<WaitingDelivery, 'since'> & { detail: string | null }

/**
 * The agents that a message is for: those it mentions; for a command without a mention those that registered it, else all of
 * its channel, unless one of them is connected. Never those that it leaves out.
 */
export function takersOf(
  permissions: Permissions,
  message: Pick<Message, 'channel_id' | 'kind' | 'content' | 'mentions' | 'ignored_mentions'>,
  connected: (user_id: string) => boolean,
): string[] {
  const { channel_id, kind, content, mentions, ignored_mentions } = message
  const mentioned = mentions.filter((id) => permissions.member(id)?.type === 'agent')
  if (kind !== 'command' || mentions.length > 0) return mentioned
  const name = commandForm(content)?.command
  if (name === undefined || name === 'help' || !isTaken(permissions, channel_id, name)) return []
  const registered = registeredBy(permissions, channel_id, name)
  const takers = registered.length > 0 ? registered : agentsOf(permissions, channel_id)
  const agents = takers.filter(({ user_id }) => !ignored_mentions.includes(user_id))
  if (agents.some(({ user_id }) => connected(user_id))) return []
  return agents.slice(0, LIMITS.mentions_max).map(({ user_id }) => user_id)
}
