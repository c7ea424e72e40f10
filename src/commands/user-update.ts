import type { User } from '../contracts/resources.ts'
import { updateMember } from '../db/writes/memberships.ts'
import { startAtEndOfProjects } from '../db/writes/read-markers.ts'
import { checkMayPatch, memberEvents } from '../domain/members.ts'
import { checkNameFree } from '../domain/names.ts'
import { checkUsernameFree, withUsername } from '../domain/usernames.ts'
import type { Command } from './command.ts'
import { existingUser } from './existing.ts'

/** Changes the role, the names or the preferences of a member. */
export const userUpdate: Command<'user.update'> = {
  name: 'user.update',
  action: 'user.update',
  async run(context, { user_id, patch }, principal) {
    const before = await existingUser(context, user_id)
    checkMayPatch(context.permissions, principal.id, user_id, patch)
    const { username, ...fields } = patch
    const { member_names, username_names } = context.permissions
    if (fields.display_name !== undefined) checkNameFree(member_names, fields.display_name, user_id)
    if (username !== undefined) checkUsernameFree(username_names, username, user_id)
    const user: User = { ...withUsername(before, username, context.now), ...fields }
    await updateMember(context, user, { preference_chosen: patch.notification_preferences !== undefined })
    if (user.role === 'administrator' && before.role !== 'administrator')
      await startAtEndOfProjects(context, user_id)
    return { result: user, events: memberEvents(before, user) }
  },
}
