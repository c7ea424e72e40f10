import type { HumanInvite } from '../contracts/commands.ts'
import { ApiError } from '../contracts/errors.ts'
import type { User } from '../contracts/resources.ts'
import { memberWithEmail } from '../db/queries/users.ts'
import { insertAccount } from '../db/writes/accounts.ts'
import { insertInvite, withdrawInvites } from '../db/writes/invites.ts'
import { insertMember } from '../db/writes/memberships.ts'
import { newMember } from '../domain/members.ts'
import { checkNameFree } from '../domain/names.ts'
import { freeUsername } from '../domain/usernames.ts'
import type { Command, CommandContext, CommandOutcome } from './command.ts'
import { existingUser } from './existing.ts'

/**
 * Invites a person: a membership that becomes active with the link of the invite. Again: a new link. The member is always
 * a new user, so that its id tells nothing about accounts of the address.
 */
export const userInviteHuman: Command<'user.invite_human'> = {
  name: 'user.invite_human',
  action: 'user.create',
  async run(context, input, principal) {
    const { user_id, email, display_name, role, invite } = input
    const known = await memberWithEmail(context, context.org_id, email)
    if (known !== undefined)
      return await replaceInvite(context, input, await existingUser(context, known), principal.id)
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
    await insertInvite(context, { ...invite, email, user_id, role, created_by: principal.id })
    return { result: user, events: [{ type: 'user.created', payload: { user }, subject_ids: [user_id] }] }
  },
}

/** A new link for an invited member, who stays as invited; the former link ends. Another role needs a role change. */
async function replaceInvite(
  context: CommandContext,
  { invite, role }: HumanInvite,
  user: User,
  created_by: string | null,
): Promise<CommandOutcome<User>> {
  if (user.status !== 'invited') throw new ApiError('ALREADY_MEMBER', 'This person is a member already.')
  if (user.role !== role)
    throw new ApiError('ALREADY_MEMBER', `This person is invited already, with the role ${user.role}.`)
  await withdrawInvites(context, user.id)
  const email = user.email ?? ''
  await insertInvite(context, { ...invite, email, user_id: user.id, role, created_by })
  return { result: user, events: [{ type: 'user.updated', payload: { user }, subject_ids: [user.id] }] }
}
