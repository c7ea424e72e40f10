import { checkActive } from '../domain/sub-agents.ts'
import type { Command } from './command.ts'
import { existingSubAgent } from './existing.ts'
import { endAll } from './sub-agent-ends.ts'

/** Ends a sub-agent before its time: its key is dead at once, its streams close. */
export const subAgentTerminate: Command<'sub_agent.terminate'> = {
  name: 'sub_agent.terminate',
  action: 'sub_agent.terminate',
  async run(context, { id, reason }, principal) {
    const { instructions: _, ...sub_agent } = await existingSubAgent(context, id)
    checkActive(sub_agent, context.now)
    const ending = { status: 'terminated', reason: reason || null } as const
    const { sub_agents, events, notifications } = await endAll(context, [sub_agent], ending, principal)
    return { result: sub_agents[0]!, events, notifications }
  },
}
