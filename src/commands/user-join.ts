import { notFound } from '../contracts/errors.ts'
import type { User } from '../contracts/resources.ts'
import { isLinkOpen } from '../db/queries/users.ts'
import { acceptInvite } from '../db/writes/invites.ts'
import { activateMember } from '../db/writes/memberships.ts'
import { accountOfPassword } from '../db/writes/passwords.ts'
import { startAtEnd } from '../db/writes/read-markers.ts'
import { readOnly } from '../domain/access.ts'
import { checkNameFree } from '../domain/names.ts'
import type { Command } from './command.ts'
import { existingUser } from './existing.ts'

/**
 * An invited person joins: the invite is used up, the membership becomes active. The account that the password opens acts
 * as the member; a password that opens none makes a new account.
 */
export const userJoin: Command<'user.join'> = {
  name: 'user.join',
  action: null,
  async run(context, { user_id, invite_id, display_name, password_hashes }) {
    const is_open = await isLinkOpen(context, context.org_id, {
      id: invite_id,
      user_id,
      purpose: 'join',
      now: context.now,
    })
    if (!is_open) throw notFound('invite')
    if (context.permissions.readOnly) throw readOnly()
    if (display_name !== undefined) checkNameFree(context.permissions.member_names, display_name, user_id)
    const before = await existingUser(context, user_id)
    const user: User = { ...before, status: 'active', display_name: display_name ?? before.display_name }
    const { email = '' } = user
    await acceptInvite(context, invite_id)
    const person = { id: user_id, email, display_name: user.display_name }
    const account_id = await accountOfPassword(context, person, password_hashes)
    await activateMember(context, { user_id, display_name: user.display_name, account_id })
    await startAtEnd(context, user_id, user.role)
    const actor = { id: user.id, type: user.type, display_name: user.display_name }
    return {
      result: { user, account_id },
      events: [{ type: 'user.updated', actor, payload: { user }, subject_ids: [user.id] }],
    }
  },
}
