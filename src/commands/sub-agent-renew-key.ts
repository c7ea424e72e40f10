import { replaceSubAgentKey } from '../db/writes/sub-agents.ts'
import { checkActive, checkHost } from '../domain/sub-agents.ts'
import type { Command } from './command.ts'
import { existingSubAgent } from './existing.ts'

/** A new key for the host of a sub-agent; the one before it is dead at once, and its streams close. */
export const subAgentRenewKey: Command<'sub_agent.renew_key'> = {
  name: 'sub_agent.renew_key',
  action: 'sub_agent.key',
  async run(context, { id, key }, principal) {
    const { instructions, ...sub_agent } = await existingSubAgent(context, id)
    checkHost(sub_agent, principal)
    checkActive(sub_agent, context.now)
    const ended = await replaceSubAgentKey(context, sub_agent, key)
    const user_id = principal.id ?? ''
    const key_ids = ended.map((former) => former.id)
    return {
      result: { ...sub_agent, instructions },
      events: [
        {
          type: 'api_key.rotated',
          payload: {
            user_id,
            sub_agent_id: id,
            key: { id: key.id, prefix: key.prefix },
            ending: key_ids.map((key_id) => ({ id: key_id, ends_at: context.now })),
          },
          subject_ids: [user_id],
          ...(key_ids.length > 0 ? { revokes: { reason: 'key', key_ids } } : {}),
        },
      ],
    }
  },
}
