import type { User } from '@contracts/resources.ts'
import type { AgentWake } from '@contracts/vocabulary.ts'
import { clock } from '../../composables/times.ts'
import type { Presence } from '../base/Avatar.vue'

/** What an agent is able to do now. `away` also covers what its client said before it left. */
export type AgentState = 'unknown' | 'away' | 'degraded' | 'paused' | 'working' | 'ready'

/** Pure. `paused_until`: agents' posts to the channel are paused until then, ISO 8601. */
export function agentState(
  { client }: Pick<User, 'client'>,
  presence: Presence | undefined,
  paused_until?: string,
): AgentState {
  if (presence === undefined) return 'unknown'
  if (presence === 'off' || presence === 'fail') return 'away'
  if (client?.state === 'degraded') return 'degraded'
  if (paused_until !== undefined) return 'paused'
  return presence === 'work' ? 'working' : 'ready'
}

/** Which messages start a turn, behind the name of an agent or of its state. */
export const WAKE_WORDS: Record<AgentWake, string> = {
  mention: 'wakes on mention',
  project: 'wakes on messages of people in its projects',
  all: 'wakes on every message',
}

/** Why a client is degraded, as it says. */
export function degradedReason({ client }: Pick<User, 'client'>): string {
  if (client?.detail) return client.detail
  return client?.gateway?.connected === false ? 'its gateway is not connected' : 'its client gives no reason'
}

/** What happens to a message for the agent, in a few words. */
export function wakeNote(agent: User, state: AgentState, paused_until?: string): string {
  switch (state) {
    case 'unknown':
      return ''
    case 'away':
      return 'away, will wait'
    case 'degraded':
      return `degraded: ${degradedReason(agent)}`
    case 'paused':
      return paused_until === undefined
        ? 'paused'
        : `paused until ${clock(paused_until)}, your message ends it`
    case 'working':
      return 'working, comes next'
    case 'ready':
      return 'answers now'
  }
}
