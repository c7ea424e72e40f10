import type { MessageLog } from '../../realtime/message-log.ts'

/** Messages from the end whose deliveries count; older ones are no longer in progress. */
const MESSAGES_MAX = 100

/** Agents that are working on a message of this channel, each once, the longest-running first. */
export function workingAgents(log: MessageLog): { agent_id: string; since: string; seq: number }[] {
  const found = new Map<string, { agent_id: string; since: string; seq: number }>()
  for (const message of log.messages.slice(-MESSAGES_MAX))
    for (const { agent_id, state, updated_at } of message.deliveries)
      if (state === 'working' && !found.has(agent_id))
        found.set(agent_id, { agent_id, since: updated_at, seq: message.seq })
  return [...found.values()].sort((a, b) => (a.since < b.since ? -1 : 1))
}

/** How the last message to each agent ended, by agent. */
export function lastOutcomes(log: MessageLog): Map<string, { state: 'answered' | 'failed'; at: string }> {
  const found = new Map<string, { state: 'answered' | 'failed'; at: string }>()
  for (const message of log.messages.slice(-MESSAGES_MAX))
    for (const { agent_id, state, updated_at: at } of message.deliveries)
      if (state === 'answered' || state === 'failed') found.set(agent_id, { state, at })
  return found
}
