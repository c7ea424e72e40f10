import type { Principal } from '../contracts/principal.ts'
import type { SubAgent, Task } from '../contracts/resources.ts'
import { readSubAgentsOf } from '../db/queries/sub-agents.ts'
import { endSubAgents } from '../db/writes/sub-agents.ts'
import type { NewEvent } from '../domain/log-event.ts'
import { aboutSubAgentEnd, type NewNotification } from '../domain/notifications.ts'
import { endedSubAgent, type SubAgentEnd } from '../domain/sub-agents.ts'
import type { CommandContext } from './command.ts'

/** How sub-agents end, with what is told about it. */
export interface Ending {
  status: SubAgentEnd
  summary?: string | null
  /** Of a termination. */
  reason?: string | null
}

export interface Ended {
  sub_agents: SubAgent[]
  events: NewEvent[]
  notifications: NewNotification[]
}

export const NOTHING_ENDED: Ended = { sub_agents: [], events: [], notifications: [] }

/**
 * Ends active sub-agents: rows, alarms, keys and streams, in the transaction of the cause. `first_event` is the place of
 * their events among the command's.
 */
export async function endAll(
  context: CommandContext,
  active: readonly SubAgent[],
  { status, summary = null, reason = null }: Ending,
  principal: Principal,
  first_event = 0,
): Promise<Ended> {
  if (active.length === 0) return NOTHING_ENDED
  const { permissions, now } = context
  const sub_agents = active.map((sub_agent) => endedSubAgent(sub_agent, status, now, summary))
  const keys = await endSubAgents(context, sub_agents)
  const revocation = status === 'expired' ? 'expired' : 'key'
  const events = sub_agents.map((sub_agent): NewEvent => {
    const { id, task_id, created_by, host_agent_id } = sub_agent
    const key_ids = keys.filter(({ sub_agent_id }) => sub_agent_id === id).map((key) => key.id)
    const event = {
      project_ids: permissions.scope(id)?.project_ids ?? [],
      task_id,
      subject_ids: [id, created_by, ...(host_agent_id === null ? [] : [host_agent_id])],
      ...(key_ids.length > 0 ? { revokes: { reason: revocation, key_ids } as const } : {}),
    }
    if (status === 'terminated')
      return { ...event, type: 'sub_agent.terminated', payload: { sub_agent, reason } }
    return { ...event, type: `sub_agent.${status}`, payload: { sub_agent } }
  })
  const notifications = sub_agents.flatMap((sub_agent, i) =>
    aboutSubAgentEnd(sub_agent, principal.id, first_event + i),
  )
  return { sub_agents, events, notifications }
}

/**
 * Ends the sub-agents of a task that is complete. The one that completed it has done its work; any other one's is not
 * needed any more.
 */
export async function endWithTask(
  context: CommandContext,
  task: Pick<Task, 'sub_agents'>,
  comment: string | null,
  principal: Principal,
  first_event: number,
): Promise<Ended> {
  const active = task.sub_agents.filter(({ status }) => status === 'active')
  const [own, others] = [
    active.filter(({ id }) => id === principal.id),
    active.filter(({ id }) => id !== principal.id),
  ]
  const finished = { status: 'completed', summary: comment } as const
  const stopped = { status: 'terminated', reason: 'Its task was completed.' } as const
  const done = await endAll(context, own, finished, principal, first_event)
  return joined(done, await endAll(context, others, stopped, principal, first_event + own.length))
}

/** Ends the active sub-agents that a member created or hosts, when the member or its keys go. */
export async function endThoseOf(
  context: CommandContext,
  user_id: string,
  why: { created: string; hosted: string },
  principal: Principal,
  first_event: number,
): Promise<Ended> {
  const active = await readSubAgentsOf(context, context.org_id, user_id)
  const created = active.filter(({ created_by }) => created_by === user_id)
  const hosted = active.filter(({ created_by }) => created_by !== user_id)
  const by = (reason: string) => ({ status: 'terminated', reason }) as const
  const first = await endAll(context, created, by(why.created), principal, first_event)
  const place = first_event + created.length
  return joined(first, await endAll(context, hosted, by(why.hosted), principal, place))
}

function joined(a: Ended, b: Ended): Ended {
  return {
    sub_agents: [...a.sub_agents, ...b.sub_agents],
    events: [...a.events, ...b.events],
    notifications: [...a.notifications, ...b.notifications],
  }
}
