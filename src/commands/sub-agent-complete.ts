import { notFound } from '../contracts/errors.ts'
import { checkActive } from '../domain/sub-agents.ts'
import type { Command } from './command.ts'
import { existingSubAgent } from './existing.ts'
import { endAll } from './sub-agent-ends.ts'

/** A sub-agent ends itself and leaves a summary. Nobody else is one: for members there is nothing to complete. */
export const subAgentComplete: Command<'sub_agent.complete'> = {
  name: 'sub_agent.complete',
  action: 'sub_agent.complete',
  async run(context, { summary }, principal) {
    if (principal.kind !== 'sub_agent') throw notFound('sub_agent')
    const { instructions: _, ...sub_agent } = await existingSubAgent(context, principal.id)
    checkActive(sub_agent, context.now)
    const ending = { status: 'completed', summary } as const
    const { sub_agents, events, notifications } = await endAll(context, [sub_agent], ending, principal)
    return { result: sub_agents[0]!, events, notifications }
  },
}
