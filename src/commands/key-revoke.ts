import { notFound } from '../contracts/errors.ts'
import { revokeKeys } from '../db/writes/api-keys.ts'
import type { Command } from './command.ts'

/** Revokes all keys of a user at once; their streams close. */
export const keyRevoke: Command<'key.revoke'> = {
  name: 'key.revoke',
  action: 'key.revoke',
  async run(context, { user_id }) {
    if (!context.permissions.members.has(user_id)) throw notFound('user')
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
      ],
    }
  },
}
