import { ApiError } from '../contracts/errors.ts'
import { memberWithEmail } from '../db/queries/users.ts'
import { insertAccount } from '../db/writes/accounts.ts'
import { insertInvite } from '../db/writes/invites.ts'
import { insertMember } from '../db/writes/memberships.ts'
import { newMember } from '../domain/members.ts'
import { checkNameFree } from '../domain/names.ts'
import { freeUsername } from '../domain/usernames.ts'
import type { Command } from './command.ts'
import { existingUser } from './existing.ts'
import { mailInvite } from './mail.ts'
import { replaceInvite } from './user-invite-again.ts'

/**
 * Invites a person: a membership that becomes active with the link of the invite. Again: a new link. The member is always
 * a new user, so that its id tells nothing about accounts of the address.
 */
export const userInviteHuman: Command<'user.invite_human'> = {
  name: 'user.invite_human',
  action: 'user.create',
  async run(context, { user_id, email, display_name, role, invite }, principal) {
    const known = await memberWithEmail(context, context.org_id, email)
    if (known !== undefined) {
      const invited = await existingUser(context, known)
      if (invited.status === 'invited' && invited.role !== role)
        throw new ApiError('ALREADY_MEMBER', `This person is invited already, with the role ${invited.role}.`)
      return await replaceInvite(context, invited, invite, principal.id ?? known)
    }
    checkNameFree(context.permissions.member_names, display_name)
    const username = freeUsername(context.permissions.username_names, [
      display_name,
      email.split('@')[0] ?? '',
    ])
    const user = newMember({
      id: user_id,
      type: 'human',
      username,
      email,
      display_name,
      role,
      status: 'invited',
    })
    await insertAccount(context, { id: user_id, type: 'human', email, display_name, status: 'invited' })
    await insertMember(context, user)
    await insertInvite(context, {
      ...invite,
      purpose: 'join',
      email,
      user_id,
      role,
      // The server itself, for an invite of its shell, has no id.
      created_by: principal.id ?? user_id,
    })
    mailInvite(context, { ...invite, user_id })
    return { result: user, events: [{ type: 'user.created', payload: { user }, subject_ids: [user_id] }] }
  },
}
