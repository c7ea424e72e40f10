import type { User } from '@contracts/resources.ts'
import type { AgentWake } from '@contracts/vocabulary.ts'
import { clock } from '../../composables/times.ts'
import { t } from '../../i18n/index.ts'
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
  mention: t('agents.wake.mention'),
  project: t('agents.wake.project'),
  all: t('agents.wake.all'),
}

/** Why a client is degraded, as it says. */
export function degradedReason({ client }: Pick<User, 'client'>): string {
  if (client?.detail) return client.detail
  return t(client?.gateway?.connected === false ? 'agents.degraded.no_gateway' : 'agents.degraded.no_reason')
}

/** What happens to a message for the agent, in a few words. */
export function wakeNote(agent: User, state: AgentState, paused_until?: string): string {
  switch (state) {
    case 'unknown':
      return ''
    case 'away':
      return t('agents.note.away')
    case 'degraded':
      return t('agents.note.degraded', { reason: degradedReason(agent) })
    case 'paused':
      return paused_until === undefined
        ? t('agents.note.paused')
        : t('agents.note.paused_until', { time: clock(paused_until) })
    case 'working':
      return t('agents.note.working')
    case 'ready':
      return t('agents.note.ready')
  }
}
