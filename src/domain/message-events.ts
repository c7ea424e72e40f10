import type { Message } from '../contracts/resources.ts'
import { agentsOf } from './known-commands.ts'
import type { NewEvent } from './log-event.ts'
import type { Permissions } from './permissions.ts'

/** Routing of a channel event: the channel, and its project if any. */
export function ofChannel(permissions: Permissions, channel_id: string) {
  const project_id = permissions.channels.get(channel_id)?.project_id
  return { channel_id, project_ids: project_id ? [project_id] : [] }
}

export function messageCreated(permissions: Permissions, message: Message): NewEvent {
  return {
    type: 'message.created',
    actor: message.sender,
    ...ofChannel(permissions, message.channel_id),
    payload: { message },
    subject_ids: message.mentions,
    message: { id: message.id, seq: message.seq },
  }
}

/**
 * A command of a person is for the agents it mentions, or else for all agents that may read the channel, except for those
 * that it leaves out.
 */
export function commandInvoked(
  permissions: Permissions,
  message: Message,
  parsed: { command: string; args: string },
): NewEvent {
  const agents = agentsOf(permissions, message.channel_id).filter(
    ({ user_id }) => !message.ignored_mentions.includes(user_id),
  )
  const mentioned = agents.filter((agent) => message.mentions.includes(agent.user_id))
  const target_agent_ids = (mentioned.length > 0 ? mentioned : agents).map((agent) => agent.user_id)
  const { channel_id, seq, sender } = message
  return {
    type: 'command.invoked',
    ...ofChannel(permissions, channel_id),
    payload: { ...parsed, channel_id, message_id: message.id, seq, sender, target_agent_ids },
    subject_ids: target_agent_ids,
  }
}
