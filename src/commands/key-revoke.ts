import { notFound } from '../contracts/errors.ts'
import { revokeKeys } from '../db/writes/api-keys.ts'
import type { Command } from './command.ts'
import { endThoseOf } from './sub-agent-ends.ts'

/**
 * Revokes all keys of a user at once; their streams close. Whoever had one may also have those of the user's sub-agents,
 * so these end too.
 */
export const keyRevoke: Command<'key.revoke'> = {
  name: 'key.revoke',
  action: 'key.revoke',
  async run(context, { user_id }, principal) {
    if (!context.permissions.members.has(user_id)) throw notFound('user')
    const why = {
      created: 'The keys of its creator were revoked.',
      hosted: 'The keys of its host were revoked.',
    }
    const ended = await endThoseOf(context, user_id, why, principal, 1)
    const ending = await revokeKeys(context, user_id)
    return {
      result: null,
      events: [
        {
          type: 'api_key.revoked',
          payload: { user_id, ending },
          subject_ids: [user_id],
          revokes: { reason: 'key', key_ids: ending.map(({ id }) => id) },
        },
        ...ended.events,
      ],
      notifications: ended.notifications,
    }
  },
}
