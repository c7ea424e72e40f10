import { readOverdue } from '../db/queries/sub-agents.ts'
import type { Command } from './command.ts'
import { endAll } from './sub-agent-ends.ts'

/** Ends a sub-agent whose time is over. Idempotent before that and after its end: its alarm is delivered at least once. */
export const subAgentExpire: Command<'sub_agent.expire'> = {
  name: 'sub_agent.expire',
  action: null,
  async run(context, { id }, principal) {
    const sub_agent = await readOverdue(context, context.org_id, id)
    if (!sub_agent) return { result: null, events: [] }
    const { events, notifications } = await endAll(context, [sub_agent], { status: 'expired' }, principal)
    return { result: null, events, notifications }
  },
}
