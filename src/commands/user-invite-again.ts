import type { Inputs } from '../contracts/commands.ts'
import { ApiError } from '../contracts/errors.ts'
import type { User } from '../contracts/resources.ts'
import { insertInvite, withdrawInvites } from '../db/writes/invites.ts'
import type { Command, CommandContext, CommandOutcome } from './command.ts'
import { existingUser } from './existing.ts'
import { mailInvite } from './mail.ts'

/** A new link for an invited member who has not joined. */
export const userInviteAgain: Command<'user.invite_again'> = {
  name: 'user.invite_again',
  action: 'user.link',
  async run(context, { user_id, invite }, principal) {
    return await replaceInvite(context, await existingUser(context, user_id), invite, principal.id)
  },
}

/** The member stays as invited, with its assignments; the former link ends. */
export async function replaceInvite(
  context: CommandContext,
  user: User,
  invite: Inputs['user.invite_again']['invite'],
  created_by: string | null,
): Promise<CommandOutcome<User>> {
  if (user.status !== 'invited') throw new ApiError('ALREADY_MEMBER', 'This person is a member already.')
  const { id: user_id, email = '', role } = user
  await withdrawInvites(context, user_id)
  await insertInvite(context, { ...invite, purpose: 'join', email, user_id, role, created_by })
  mailInvite(context, { ...invite, user_id })
  return { result: user, events: [{ type: 'user.updated', payload: { user }, subject_ids: [user_id] }] }
}
