import type { EventEnvelope, EventOf } from '../../../src/contracts/events.ts'
import type { Channel, Message } from '../../../src/contracts/resources.ts'
import type { WakeRule } from '../config/config.ts'
import { type Notice, noticeOf } from './notice.ts'

export type ChannelInfo = Pick<Channel, 'id' | 'name' | 'project_id'>

/** Whom an event may wake, and what it knows. */
export interface Waker {
  user_id: string
  wake: WakeRule
  isAssigned(project_id: string): boolean
  /** Undefined for a channel that the agent does not read. */
  channel(channel_id: string): ChannelInfo | undefined
  channelOfProject(project_id: string): ChannelInfo | undefined
  /** Where notices without a project are told. */
  orgWide(): ChannelInfo | undefined
  /** Whether a message, by its id, is one of the agent's own. */
  isOwn(message_id: string): boolean
}

/** What an agent has to act on. */
export type Wake =
  | { kind: 'message'; channel: ChannelInfo; message: Message }
  | { kind: 'command'; channel: ChannelInfo; command: EventOf<'command.invoked'>['payload'] }
  | { kind: 'notice'; channel: ChannelInfo; notice: Notice }

/** What an event asks of an agent; undefined when it asks nothing, or is about a channel that the agent does not read. */
export function wakeOf(event: EventEnvelope, agent: Waker): Wake | undefined {
  if (event.type === 'message.created') {
    const { message } = event.payload
    const channel = agent.channel(message.channel_id)
    if (!channel || 'removed' in message || !wakes(message, channel, agent)) return undefined
    return { kind: 'message', channel, message }
  }
  if (event.type === 'command.invoked') {
    const command = event.payload
    const channel = agent.channel(command.channel_id)
    if (!channel || !command.target_agent_ids.includes(agent.user_id)) return undefined
    return { kind: 'command', channel, command }
  }
  const notice = noticeOf(event, agent.user_id)
  const channel = notice && placeOf(event, agent)
  return channel ? { kind: 'notice', channel, notice } : undefined
}

/**
 * Whether a message starts a turn. Only texts do; never the agent's own, nor one that left the agent out. Messages of other
 * agents need a mention: everything wider would let two agents answer each other for ever.
 */
export function wakes(
  message: Message,
  channel: ChannelInfo,
  { user_id, wake, isAssigned, isOwn }: Pick<Waker, 'user_id' | 'wake' | 'isAssigned' | 'isOwn'>,
): boolean {
  const { kind, sender, mentions, ignored_mentions, reply_to } = message
  if (kind !== 'text' || sender.id === user_id || sender.type === 'system') return false
  if (ignored_mentions.includes(user_id)) return false
  if (mentions.includes(user_id)) return true
  if (sender.type !== 'human') return false
  if (wake === 'all' || (reply_to !== null && isOwn(reply_to))) return true
  return wake === 'project' && channel.project_id !== null && isAssigned(channel.project_id)
}

/** The channel of a notice: of the first project whose channel the agent reads. */
function placeOf({ project_ids }: EventEnvelope, agent: Waker): ChannelInfo | undefined {
  for (const id of project_ids) {
    const channel = agent.channelOfProject(id)
    if (channel) return channel
  }
  return agent.orgWide()
}
