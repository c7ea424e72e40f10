import type { HumanInvite } from '../contracts/commands.ts'
import { ApiError } from '../contracts/errors.ts'
import type { User } from '../contracts/resources.ts'
import { memberWithEmail } from '../db/queries/users.ts'
import { insertAccount } from '../db/writes/accounts.ts'
import { insertInvite } from '../db/writes/invites.ts'
import { insertMember } from '../db/writes/memberships.ts'
import { newMember } from '../domain/members.ts'
import { checkNameFree } from '../domain/names.ts'
import { freeUsername } from '../domain/usernames.ts'
import type { Command, CommandContext, CommandOutcome } from './command.ts'
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
  run: (context, input, principal) => inviteHuman(context, input, principal.id),
}

/** The same, whoever invites. */
export async function inviteHuman(
  context: CommandContext,
  { user_id, email, display_name, role, invite }: HumanInvite,
  created_by: string | null,
): Promise<CommandOutcome<User>> {
  const known = await memberWithEmail(context, context.org_id, email)
  if (known !== undefined) {
    const invited = await existingUser(context, known)
    if (invited.status === 'invited' && invited.role !== role)
      throw new ApiError('ALREADY_MEMBER', `This person is invited already, with the role ${invited.role}.`)
    return await replaceInvite(context, invited, invite, created_by)
  }
  checkNameFree(context.permissions.member_names, display_name)
  const username = freeUsername(context.permissions.username_names, [display_name, email.split('@')[0] ?? ''])
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
    created_by,
  })
  mailInvite(context, { ...invite, user_id })
  return { result: user, events: [{ type: 'user.created', payload: { user }, subject_ids: [user_id] }] }
}
