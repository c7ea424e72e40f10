import { notFound } from '../contracts/errors.ts'
import { isLinkOpen } from '../db/queries/users.ts'
import { acceptInvite } from '../db/writes/invites.ts'
import { setMemberPassword } from '../db/writes/passwords.ts'
import { checkTakesPasswords, signInRule } from '../domain/sign-in.ts'
import type { Command } from './command.ts'
import { existingUser } from './existing.ts'

/** A member sets a new password with a one-time link. Sessions from before do not enter the org any more. */
export const userSetPassword: Command<'user.set_password'> = {
  name: 'user.set_password',
  action: null,
  async run(context, { user_id, link_id, password_hashes, new_account_id, ...origin }) {
    const link = { id: link_id, user_id, purpose: 'password', now: context.now } as const
    if (!(await isLinkOpen(context, context.org_id, link))) throw notFound('invite')
    checkTakesPasswords(signInRule(context.permissions.settings))
    const { type, display_name, email = '' } = await existingUser(context, user_id)
    await acceptInvite(context, link_id)
    const member = { id: user_id, email, display_name, new_account_id }
    const account_id = await setMemberPassword(context, member, password_hashes)
    return {
      result: { account_id },
      events: [
        {
          type: 'auth.password_changed',
          actor: { id: user_id, type, display_name },
          payload: { user_id, by: 'link', ...origin },
          subject_ids: [user_id],
          revokes: { reason: 'session', user_id },
        },
      ],
    }
  },
}
