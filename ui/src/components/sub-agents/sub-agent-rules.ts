import type { SubAgent } from '@contracts/resources.ts'
import type { SubAgentStatus } from '@contracts/vocabulary.ts'
import { t } from '../../i18n/index.ts'

/** Rules of the lists of sub-agents: pure. */

const MINUTE_MS = 60_000
/** The bar warns from here on. */
const LOW_MS = 2 * MINUTE_MS

export const SUB_AGENT_WORDS: Record<SubAgentStatus, { label: string; tag: string }> = {
  active: { label: t('agents.sub.status.active'), tag: 'tag-work' },
  completed: { label: t('agents.sub.status.completed'), tag: 'tag-ok' },
  terminated: { label: t('agents.sub.status.terminated'), tag: '' },
  expired: { label: t('agents.sub.status.expired'), tag: 'tag-warn' },
}

type Times = Pick<SubAgent, 'created_at' | 'expires_at'>

/** How much of its time a sub-agent has left, and how much it had: `share` from 0 to 1. */
export function timeLeft({ created_at, expires_at }: Times, now_ms: number) {
  const ends_ms = Date.parse(expires_at)
  const whole_ms = Math.max(1, ends_ms - Date.parse(created_at))
  const left_ms = Math.max(0, ends_ms - now_ms)
  return { left_ms, whole_ms, share: Math.min(1, left_ms / whole_ms), low: left_ms < LOW_MS }
}

/** For screen readers, in whole minutes: it must not change each second. */
export function spokenLeft({ left_ms, whole_ms }: { left_ms: number; whole_ms: number }): string {
  const whole = minutes(whole_ms)
  if (left_ms === 0) return t('agents.sub.left_none', { whole })
  if (left_ms < MINUTE_MS) return t('agents.sub.left_little', { whole })
  return t('agents.sub.left', { minutes: minutes(left_ms), whole })
}

/** How long one that has ended took, of what it had: "9 min of 30". */
export function took({ created_at, expires_at, ended_at }: Times & Pick<SubAgent, 'ended_at'>): string {
  const began_ms = Date.parse(created_at)
  const used = Math.round((Date.parse(ended_at ?? expires_at) - began_ms) / MINUTE_MS)
  const had = Math.round((Date.parse(expires_at) - began_ms) / MINUTE_MS)
  return used < 1 ? t('agents.sub.took_little', { had }) : t('agents.sub.took', { used, had })
}

/** Active ones, the next to end first; the others, the last to end first. */
export function bySubAgentStanding(sub_agents: readonly SubAgent[]): {
  active: SubAgent[]
  ended: SubAgent[]
} {
  const active = sub_agents.filter(({ status }) => status === 'active')
  const ended = sub_agents.filter(({ status }) => status !== 'active')
  return {
    active: active.toSorted((a, b) => order(a.expires_at, b.expires_at) || order(a.id, b.id)),
    ended: ended.toSorted((a, b) => order(b.ended_at ?? '', a.ended_at ?? '') || order(b.id, a.id)),
  }
}

/** Those of a task: what its own answer tells, and what has become of them since. */
export function ofTask(
  told: readonly SubAgent[],
  known: readonly SubAgent[] | undefined,
  task_id: string,
): SubAgent[] {
  const found = new Map(told.map((one) => [one.id, one]))
  for (const one of known ?? []) if (one.task_id === task_id) found.set(one.id, one)
  return [...found.values()]
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const minutes = (ms: number) => Math.max(1, Math.round(ms / MINUTE_MS))
