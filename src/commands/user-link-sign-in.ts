import { ApiError } from '../contracts/errors.ts'
import { insertInvite, withdrawInvites } from '../db/writes/invites.ts'
import { checkTakesPasswords, signInRule } from '../domain/sign-in.ts'
import type { Command } from './command.ts'
import { existingUser } from './existing.ts'

/** A one-time link with which a member sets a new password. The member is told, the former link ends. */
export const userLinkSignIn: Command<'user.link_sign_in'> = {
  name: 'user.link_sign_in',
  action: 'user.link',
  async run(context, { user_id, link }, principal) {
    const { type, status, email = '', role } = await existingUser(context, user_id)
    if (type !== 'human')
      throw new ApiError('INVALID_TRANSITION', 'An agent has no password. Give it a new key.')
    if (status !== 'active')
      throw new ApiError('INVALID_TRANSITION', 'This person has not joined yet. Make a new invite link.')
    checkTakesPasswords(signInRule(context.permissions.settings))
    await withdrawInvites(context, user_id)
    await insertInvite(context, {
      ...link,
      purpose: 'password',
      email,
      user_id,
      role,
      created_by: principal.id,
    })
    const { expires_at } = link
    const payload = { user_id, expires_at }
    return {
      result: { expires_at },
      events: [{ type: 'auth.sign_in_link_created', payload, subject_ids: [user_id] }],
    }
  },
}
