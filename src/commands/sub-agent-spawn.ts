import { invalid, notFound } from '../contracts/errors.ts'
import { countSubAgents, roomAt } from '../db/queries/sub-agents.ts'
import { insertSubAgent } from '../db/writes/sub-agents.ts'
import { checkModel, checkTaskRoom, newSubAgent, tooManySubAgents } from '../domain/sub-agents.ts'
import type { Command, CommandContext } from './command.ts'
import { existingTask } from './existing.ts'

/** Adds a sub-agent for a task, with the alarm of its timeout. The cap is exact: an org has one writer. */
export const subAgentSpawn: Command<'sub_agent.spawn'> = {
  name: 'sub_agent.spawn',
  action: 'sub_agent.spawn',
  async run(context, { id, key, instructions, ...input }, principal) {
    const { permissions, now, org_id } = context
    const { agent_limits } = permissions.settings
    const task = await existingTask(context, input.task_id, principal)
    if (task.status === 'complete')
      throw invalid({ path: '/task_id', message: 'This task is complete: it takes no sub-agent.' })
    checkModel(input.model, agent_limits)
    checkHost(context, input.host_agent_id)
    checkTaskRoom(task, now)
    const { last_number, running } = await countSubAgents(context, org_id, now)
    const max = agent_limits.max_concurrent_sub_agents
    if (max !== null && running >= max)
      throw tooManySubAgents(max, await roomAt(context, org_id, { running, max, now }), now)
    const number = last_number + 1
    const made = { id, number, created_by: principal.id ?? '', now }
    const sub_agent = newSubAgent(input, agent_limits, made)
    await insertSubAgent(context, sub_agent, { number, instructions, key })
    const { created_by, host_agent_id } = sub_agent
    return {
      result: sub_agent,
      events: [
        {
          type: 'sub_agent.created',
          project_ids: task.project_ids,
          task_id: task.id,
          subject_ids: [id, created_by, ...(host_agent_id === null ? [] : [host_agent_id])],
          payload: { sub_agent, project_ids: task.project_ids },
        },
      ],
    }
  },
}

/** The host is an agent of the org; 404 for an id that is no member, as everywhere. */
function checkHost({ permissions }: CommandContext, host_agent_id: string | null | undefined): void {
  if (!host_agent_id) return
  const member = permissions.member(host_agent_id)
  if (!member) throw notFound('user')
  if (member.type !== 'agent')
    throw invalid({ path: '/host_agent_id', message: 'Must be an agent: people run no sub-agents.' })
}
