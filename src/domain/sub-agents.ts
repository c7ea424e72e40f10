import { ApiError, invalid } from '../contracts/errors.ts'
import { LIMITS } from '../contracts/limits.ts'
import type { Principal } from '../contracts/principal.ts'
import type { SubAgentCreate } from '../contracts/requests.ts'
import type { SubAgent, Task } from '../contracts/resources.ts'
import type { OrgSettings } from '../contracts/settings.ts'
import type { SubAgentStatus } from '../contracts/vocabulary.ts'

/** How an active sub-agent ends. */
export type SubAgentEnd = Exclude<SubAgentStatus, 'active'>

/** Told to clients when nothing that is known makes room: no active sub-agent ends in time, or the cap is 0. */
const NO_ROOM_RETRY_S = 60 * 60

/** Name of an org's nth sub-agent. Members cannot take one that looks like it (see `names.ts`). */
export function subAgentName(number: number): string {
  return `Sub-agent ${number}`
}

/** A new sub-agent; an omitted timeout comes from the org's settings. */
export function newSubAgent(
  { task_id, model, host_agent_id, timeout_minutes }: Omit<SubAgentCreate, 'instructions'>,
  limits: OrgSettings['agent_limits'],
  made: { id: string; number: number; created_by: string; now: string },
): SubAgent {
  const seconds = (timeout_minutes ?? limits.sub_agent_default_timeout_minutes) * 60
  return {
    id: made.id,
    task_id,
    host_agent_id: host_agent_id ?? null,
    model,
    display_name: subAgentName(made.number),
    status: 'active',
    created_by: made.created_by,
    expires_at: new Date(Date.parse(made.now) + seconds * 1000).toISOString(),
    seconds_remaining: seconds,
    summary: null,
    created_at: made.now,
    ended_at: null,
  }
}

/** The sub-agent after its end. */
export function endedSubAgent(
  sub_agent: SubAgent,
  status: SubAgentEnd,
  now: string,
  summary: string | null = null,
): SubAgent {
  return { ...sub_agent, status, seconds_remaining: 0, summary, ended_at: now }
}

/** Sub-agents that a task shows after some of them ended: the active ones, and the latest of those that ended. */
export function withEnded(all: readonly SubAgent[], ended: readonly SubAgent[]): SubAgent[] {
  const now = all.map((one) => ended.find(({ id }) => id === one.id) ?? one)
  const latest = now
    .filter(({ ended_at }) => ended_at !== null)
    .sort((a, b) => (b.ended_at ?? '').localeCompare(a.ended_at ?? '') || (a.id < b.id ? 1 : -1))
    .slice(0, LIMITS.task_ended_sub_agents_max)
  return now.filter((one) => one.ended_at === null || latest.includes(one))
}

/** Refuses one sub-agent too many of a task. */
export function checkTaskRoom({ sub_agents }: Pick<Task, 'sub_agents'>, now: string): void {
  const max = LIMITS.task_sub_agents_max
  const ends = sub_agents
    .filter(({ status, expires_at }) => status === 'active' && Date.parse(expires_at) > Date.parse(now))
    .map(({ expires_at }) => expires_at)
    .sort()
  if (ends.length >= max)
    throw tooMany(`A task runs ${max} sub-agents at once at the most.`, max, ends[ends.length - max], now)
}

/** Refuses a model that the org does not allow. An empty list allows every model. */
export function checkModel(model: string, { allowed_models }: OrgSettings['agent_limits']): void {
  if (allowed_models.length === 0 || allowed_models.includes(model)) return
  throw invalid({ path: '/model', message: `Must be one of: ${allowed_models.join(', ')}.` })
}

/** Only the host of a sub-agent gets its key. */
export function checkHost({ host_agent_id }: SubAgent, { id }: Pick<Principal, 'id'>): void {
  if (host_agent_id === null || host_agent_id !== id)
    throw new ApiError('FORBIDDEN', 'Only the agent that hosts this sub-agent gets its key.')
}

/** Instructions may say what not every member is to know: they are for those who gave them or carry them out. */
export function mayReadInstructions(
  { id, role }: Pick<Principal, 'id' | 'role'>,
  sub_agent: SubAgent,
): boolean {
  const { created_by, host_agent_id } = sub_agent
  return role === 'administrator' || (id !== null && [sub_agent.id, created_by, host_agent_id].includes(id))
}

/** Refuses an action on a sub-agent that has ended. */
export function checkActive({ status, expires_at }: SubAgent, now: string): void {
  if (status === 'active' && Date.parse(expires_at) > Date.parse(now)) return
  throw new ApiError('INVALID_TRANSITION', 'This sub-agent has ended.', {
    details: { from: status === 'active' ? 'expired' : status, allowed: [] },
  })
}

/**
 * The refusal of one sub-agent too many. `frees_at` is the time at which, without further action, there is room again;
 * undefined when no end makes room.
 */
export function tooManySubAgents(max: number, frees_at: string | undefined, now: string): ApiError {
  const message =
    max === 0
      ? 'This organization takes no sub-agents.'
      : `This organization runs ${max} sub-agents at once at the most.`
  return tooMany(message, max, frees_at, now)
}

function tooMany(message: string, max: number, frees_at: string | undefined, now: string): ApiError {
  const wait_s = frees_at === undefined ? NO_ROOM_RETRY_S : (Date.parse(frees_at) - Date.parse(now)) / 1000
  const retry_after_s = Math.max(1, Math.ceil(wait_s))
  return new ApiError('SUB_AGENT_LIMIT', message, { retry_after_s, details: { max } })
}
