import type { Command } from './command.ts'
import { existingUser } from './existing.ts'

/** The account of a member has another address or picture: tells the org, which shows it with the member. */
export const userTellAccount: Command<'user.tell_account'> = {
  name: 'user.tell_account',
  action: null,
  async run(context, { user_id }) {
    const user = await existingUser(context, user_id)
    const { id, type, display_name } = user
    const actor = { id, type, display_name }
    return {
      result: null,
      events: [{ type: 'user.updated', actor, payload: { user }, subject_ids: [user_id] }],
    }
  },
}
