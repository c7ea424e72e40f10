import { notFound } from '../contracts/errors.ts'
import { hasMember } from '../db/queries/users.ts'
import { moveMember } from '../db/writes/identities.ts'
import type { Command } from './command.ts'
import { existingUser } from './existing.ts'

/**
 * A member whose address was proved by its owner: the owner's account acts as the member from now on. Sessions of whoever
 * made the former account end here.
 */
export const userAdopt: Command<'user.adopt'> = {
  name: 'user.adopt',
  action: null,
  async run(context, { user_id, account_id, ...origin }) {
    const { type, display_name } = await existingUser(context, user_id)
    if (await hasMember(context, context.org_id, account_id)) throw notFound('user')
    await moveMember(context, { user_id, account_id })
    return {
      result: null,
      events: [
        {
          type: 'auth.identity_linked',
          actor: { id: user_id, type, display_name },
          payload: { user_id, ...origin },
          subject_ids: [user_id],
          revokes: { reason: 'session', user_id },
        },
      ],
    }
  },
}
