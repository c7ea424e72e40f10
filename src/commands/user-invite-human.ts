import type { HumanInvite } from '../contracts/commands.ts'
import { ApiError } from '../contracts/errors.ts'
import type { User } from '../contracts/resources.ts'
import { personWith } from '../db/queries/users.ts'
import { insertAccount } from '../db/writes/accounts.ts'
import { insertInvite, withdrawInvites } from '../db/writes/invites.ts'
import { insertMember } from '../db/writes/memberships.ts'
import { newMember } from '../domain/members.ts'
import { checkNameFree } from '../domain/names.ts'
import { freeUsername } from '../domain/usernames.ts'
import type { Command, CommandContext, CommandOutcome } from './command.ts'
import { existingUser } from './existing.ts'

/** Invites a person: a membership that becomes active with the link of the invite. Again: a new link. */
export const userInviteHuman: Command<'user.invite_human'> = {
  name: 'user.invite_human',
  action: 'user.create',
  async run(context, input, principal) {
    const known = await personWith(context, input.email)
    if (known && context.permissions.members.has(known.id))
      return await replaceInvite(context, input, await existingUser(context, known.id), principal.id)
    const { display_name, role, invite } = input
    checkNameFree(context.permissions.member_names, display_name)
    const username = freeUsername(context.permissions.username_names, [
      display_name,
      input.email.split('@')[0] ?? '',
    ])
    const { id, email } = known ?? (await makeAccount(context, input))
    const user = newMember({ id, type: 'human', username, email, display_name, role, status: 'invited' })
    await insertMember(context, user)
    await insertInvite(context, {
      ...invite,
      email: input.email,
      user_id: id,
      role,
      created_by: principal.id,
    })
    return { result: user, events: [{ type: 'user.created', payload: { user }, subject_ids: [id] }] }
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

/** One account per e-mail: waits for and uses an account that another org is creating concurrently. */
async function makeAccount(
  context: CommandContext,
  { new_user_id, email, display_name }: HumanInvite,
): Promise<{ id: string; email: string }> {
  const id = await insertAccount(context, {
    id: new_user_id,
    type: 'human',
    email,
    display_name,
    status: 'invited',
  })
  const account = id === undefined ? await personWith(context, email) : { id, email }
  if (!account) throw new Error('unreachable: the account exists or was just made')
  return account
}
