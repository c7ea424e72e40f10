import type { SubAgent } from '@contracts/resources.ts'

/** The list with this sub-agent as it is now; one that has ended stays ended, whatever comes late. Pure and idempotent. */
export function withSubAgent(sub_agents: SubAgent[], sub_agent: SubAgent): SubAgent[] {
  const at = sub_agents.findIndex(({ id }) => id === sub_agent.id)
  const known = sub_agents[at]
  if (!known) return [sub_agent, ...sub_agents]
  if (known.status !== 'active') return sub_agents
  return sub_agents.with(at, sub_agent)
}
