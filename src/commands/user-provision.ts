import { ApiError } from '../contracts/errors.ts'
import { memberWithUserName } from '../db/queries/scim.ts'
import { memberWithEmail } from '../db/queries/users.ts'
import { insertAccount } from '../db/writes/accounts.ts'
import { insertInvite } from '../db/writes/invites.ts'
import { insertMember } from '../db/writes/memberships.ts'
import { writeScimNames } from '../db/writes/scim.ts'
import { newMember } from '../domain/members.ts'
import { freeName } from '../domain/names.ts'
import { freeUsername } from '../domain/usernames.ts'
import type { Command } from './command.ts'
import { mailInvite } from './mail.ts'

/**
 * A provider adds a person, who is invited: the provider's word proves no address. One who is not to be active waits without
 * a link. A name that is taken is made unlike it, since no person is there to choose another one.
 */
export const userProvision: Command<'user.provision'> = {
  name: 'user.provision',
  action: 'scim.provision',
  async run(context, { user_id, email, display_name, names, active, invite }, principal) {
    const known =
      (await memberWithEmail(context, context.org_id, email)) ??
      (await memberWithUserName(context, context.org_id, names.user_name))
    if (known !== undefined)
      throw new ApiError('ALREADY_MEMBER', 'There is a member with this name or address already.')
    const local = email.split('@')[0] ?? ''
    const status = active ? 'invited' : 'deactivated'
    const user = newMember({
      id: user_id,
      type: 'human',
      username: freeUsername(context.permissions.username_names, [display_name, local]),
      email,
      display_name: freeName(context.permissions.member_names, display_name, local),
      role: 'contributor',
      status,
    })
    await insertAccount(context, {
      id: user_id,
      type: 'human',
      email,
      display_name: user.display_name,
      status: 'invited',
    })
    await insertMember(context, user)
    await writeScimNames(context, user_id, names)
    if (active) {
      const of = { purpose: 'join', email, user_id, role: user.role, created_by: principal.id } as const
      await insertInvite(context, { ...invite, ...of })
      mailInvite(context, { ...invite, user_id })
    }
    return { result: user, events: [{ type: 'user.created', payload: { user }, subject_ids: [user_id] }] }
  },
}
