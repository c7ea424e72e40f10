import type { User } from '../contracts/resources.ts'
import { updateMember } from '../db/writes/memberships.ts'
import { startAtEndOfProjects } from '../db/writes/read-markers.ts'
import { checkMayPatch, memberEvents } from '../domain/members.ts'
import type { Command } from './command.ts'
import { existingUser } from './existing.ts'

/** Changes the role, name or preferences of a member. */
export const userUpdate: Command<'user.update'> = {
  name: 'user.update',
  action: 'user.update',
  async run(context, { user_id, patch }, principal) {
    const before = await existingUser(context, user_id)
    checkMayPatch(context.permissions, principal.id, user_id, patch)
    const user: User = { ...before, ...patch }
    await updateMember(context, user_id, user)
    if (user.role === 'administrator' && before.role !== 'administrator')
      await startAtEndOfProjects(context, user_id)
    return { result: user, events: memberEvents(before, user) }
  },
}
