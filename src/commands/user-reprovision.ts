import { ApiError, notFound } from '../contracts/errors.ts'
import type { User } from '../contracts/resources.ts'
import { memberWithUserName, readScimMember } from '../db/queries/scim.ts'
import { revokeKeys } from '../db/writes/api-keys.ts'
import { insertInvite, withdrawInvites } from '../db/writes/invites.ts'
import { updateMember } from '../db/writes/memberships.ts'
import { deactivateMember, reactivateMember, writeScimNames } from '../db/writes/scim.ts'
import type { NewEvent } from '../domain/log-event.ts'
import { keepAnAdministrator } from '../domain/members.ts'
import { freeName } from '../domain/names.ts'
import type { NewNotification } from '../domain/notifications.ts'
import { sameNames } from '../domain/scim/user.ts'
import type { Command, CommandContext } from './command.ts'
import { existingUser } from './existing.ts'
import { mailInvite } from './mail.ts'
import { endThoseOf } from './sub-agent-ends.ts'

/**
 * A provider writes a person as a whole. One who becomes inactive loses sub-agents, links, keys and streams in this step,
 * and keeps assignments for the case of a return; the sessions of before stay outside then, too.
 */
export const userReprovision: Command<'user.reprovision'> = {
  name: 'user.reprovision',
  action: 'scim.provision',
  async run(context, { user_id, display_name, names, active, invite }, principal) {
    const before = await existingUser(context, user_id)
    const known = await readScimMember(context, context.org_id, user_id)
    if (!known) throw notFound('user')
    const { email = '' } = before
    const named = await memberWithUserName(context, context.org_id, names.user_name)
    if (named !== undefined && named !== user_id)
      throw new ApiError('ALREADY_MEMBER', 'There is a member with this name already.')
    const ends = !active && before.status !== 'deactivated'
    const returns = active && before.status === 'deactivated'
    if (ends) keepAnAdministrator(context.permissions, user_id)

    const name = freeName(context.permissions.member_names, display_name, email.split('@')[0] ?? '', user_id)
    const status = ends ? 'deactivated' : returns ? (known.joined ? 'active' : 'invited') : before.status
    const user: User = { ...before, display_name: name, status }
    if (name !== before.display_name) await updateMember(context, user, { preference_chosen: false })
    if (!sameNames(known, names)) await writeScimNames(context, user_id, names)
    if (ends) return await endMember(context, user, principal)
    if (returns) await reactivateMember(context, user_id)
    if (returns && !known.joined) {
      const of = { purpose: 'join', email, user_id, role: user.role, created_by: principal.id } as const
      await insertInvite(context, { ...invite, ...of })
      mailInvite(context, { ...invite, user_id })
    }
    const changed = returns || name !== before.display_name
    const event: NewEvent = { type: 'user.updated', payload: { user }, subject_ids: [user_id] }
    return { result: user, events: changed ? [event] : [] }
  },
}

async function endMember(
  context: CommandContext,
  user: User,
  principal: Parameters<Command<'user.reprovision'>['run']>[2],
): Promise<{ result: User; events: NewEvent[]; notifications: NewNotification[] }> {
  const why = { created: 'Its creator was deactivated.', hosted: 'Its host was deactivated.' }
  const ended = await endThoseOf(context, user.id, why, principal, 0)
  const key_ids = (await revokeKeys(context, user.id)).map(({ id }) => id)
  await withdrawInvites(context, user.id)
  await deactivateMember(context, user.id)
  const revokes = { reason: 'membership', user_id: user.id, key_ids } as const
  return {
    result: user,
    events: [...ended.events, { type: 'user.updated', payload: { user }, subject_ids: [user.id], revokes }],
    notifications: ended.notifications.filter(({ user_id }) => user_id !== user.id),
  }
}
