import { ApiError, notFound } from '../contracts/errors.ts'
import type { Role } from '../contracts/vocabulary.ts'
import { updateMember } from '../db/writes/memberships.ts'
import { startAtEndOfProjects } from '../db/writes/read-markers.ts'
import type { NewEvent } from '../domain/log-event.ts'
import { memberEvents } from '../domain/members.ts'
import type { Command } from './command.ts'
import { existingUser } from './existing.ts'

/** Gives several people a role in one step: all of them, or none. Somebody who has the role already stays as it is. */
export const userSetRoles: Command<'user.set_roles'> = {
  name: 'user.set_roles',
  action: 'scim.provision',
  async run(context, { administrators, contributors }) {
    const { members } = context.permissions
    const wanted = new Map<string, Role>([
      ...contributors.map((id) => [id, 'contributor'] as const),
      ...administrators.map((id) => [id, 'administrator'] as const),
    ])
    for (const id of wanted.keys()) if (members.get(id)?.type !== 'human') throw notFound('user')
    const stays = [...members.values()].some(
      ({ user_id, role, status }) => status === 'active' && (wanted.get(user_id) ?? role) === 'administrator',
    )
    if (!stays) throw new ApiError('LAST_ADMINISTRATOR', 'An organization keeps at least one administrator.')
    const events: NewEvent[] = []
    for (const [id, role] of wanted) {
      const before = await existingUser(context, id)
      if (before.role === role) continue
      const user = { ...before, role }
      await updateMember(context, user, { preference_chosen: false })
      if (role === 'administrator') await startAtEndOfProjects(context, id)
      events.push(...memberEvents(before, user))
    }
    return { result: null, events }
  },
}
