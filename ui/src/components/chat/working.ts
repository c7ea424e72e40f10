import type { MessageLog } from '../../realtime/message-log.ts'

/** Deliveries are looked for in so many of the last messages: what is older is not being worked on in this talk. */
const LOOKED_AT = 100

/** Agents that work on a message of this channel now, each once, the longest first. */
export function workingAgents(log: MessageLog): { agent_id: string; since: string; seq: number }[] {
  const found = new Map<string, { agent_id: string; since: string; seq: number }>()
  for (const message of log.messages.slice(-LOOKED_AT))
    for (const { agent_id, state, updated_at } of message.deliveries)
      if (state === 'working' && !found.has(agent_id))
        found.set(agent_id, { agent_id, since: updated_at, seq: message.seq })
  return [...found.values()].sort((a, b) => (a.since < b.since ? -1 : 1))
}
