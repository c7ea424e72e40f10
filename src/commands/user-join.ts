import type { Inputs } from '../contracts/commands.ts'
import { ApiError, notFound } from '../contracts/errors.ts'
import type { User } from '../contracts/resources.ts'
import { hasMember, isLinkOpen } from '../db/queries/users.ts'
import { openByIdentity, storeIdentity } from '../db/writes/identities.ts'
import { acceptInvite } from '../db/writes/invites.ts'
import { activateMember } from '../db/writes/memberships.ts'
import { accountOfPassword } from '../db/writes/passwords.ts'
import { startAtEnd } from '../db/writes/read-markers.ts'
import { readOnly } from '../domain/access.ts'
import { checkNameFree } from '../domain/names.ts'
import type { Command, CommandContext } from './command.ts'
import { existingUser } from './existing.ts'

/**
 * An invited person joins: the invite is used up, the membership becomes active. The account that the password or the
 * identity opens acts as the member; one that opens none makes a new account.
 */
export const userJoin: Command<'user.join'> = {
  name: 'user.join',
  action: null,
  async run(context, { user_id, invite_id, display_name, by }) {
    const is_open = await isLinkOpen(context, context.org_id, {
      id: invite_id,
      user_id,
      purpose: 'join',
      now: context.now,
    })
    if (!is_open) throw notFound('invite')
    if (context.permissions.readOnly) throw readOnly()
    if (display_name !== undefined) checkNameFree(context.permissions.member_names, display_name, user_id)
    if (
      'identity' in by &&
      by.account_id !== null &&
      (await hasMember(context, context.org_id, by.account_id))
    )
      throw new ApiError('ALREADY_MEMBER', 'This account is a member already.')
    const before = await existingUser(context, user_id)
    const user: User = { ...before, status: 'active', display_name: display_name ?? before.display_name }
    const { email = '' } = user
    await acceptInvite(context, invite_id)
    const person = { id: user_id, email, display_name: user.display_name }
    const account_id = await accountOf(context, person, by)
    await activateMember(context, { user_id, display_name: user.display_name, account_id })
    await startAtEnd(context, user_id, user.role)
    const actor = { id: user.id, type: user.type, display_name: user.display_name }
    return {
      result: { user, account_id },
      events: [{ type: 'user.updated', actor, payload: { user }, subject_ids: [user.id] }],
    }
  },
}

async function accountOf(
  context: CommandContext,
  person: { id: string; email: string; display_name: string },
  by: Inputs['user.join']['by'],
): Promise<string> {
  if ('password_hashes' in by) return await accountOfPassword(context, person, by.password_hashes)
  if (by.account_id === null) await openByIdentity(context, person, by.identity)
  const account_id = by.account_id ?? person.id
  await storeIdentity(context, account_id, by.identity)
  return account_id
}
