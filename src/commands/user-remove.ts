import { readProjects } from '../db/queries/projects.ts'
import { revokeKeys } from '../db/writes/api-keys.ts'
import { deleteMember } from '../db/writes/memberships.ts'
import { disownProjects } from '../db/writes/projects.ts'
import { keepAnAdministrator } from '../domain/members.ts'
import { projectEvent } from '../domain/project-events.ts'
import type { Command } from './command.ts'
import { existingUser } from './existing.ts'
import { endThoseOf } from './sub-agent-ends.ts'

/** Ends a membership: the member's sub-agents end, keys are revoked, assignments deleted, streams closed; projects that the member owned have no owner. */
export const userRemove: Command<'user.remove'> = {
  name: 'user.remove',
  action: 'user.remove',
  async run(context, { user_id }, principal) {
    const user = await existingUser(context, user_id)
    keepAnAdministrator(context.permissions, user_id)
    const why = { created: 'Its creator was removed.', hosted: 'Its host was removed.' }
    const ended = await endThoseOf(context, user_id, why, principal, 0)
    const keys = await revokeKeys(context, user_id)
    const owned = await disownProjects(context, user_id)
    await deleteMember(context, user_id)
    const projects = await readProjects(context, context.org_id, owned)
    const key_ids = keys.map(({ id }) => id)
    return {
      result: null,
      events: [
        ...ended.events,
        {
          type: 'user.removed',
          payload: { user },
          subject_ids: [user_id],
          revokes: { reason: 'membership', user_id, key_ids },
        },
        ...projects.map((project) => projectEvent('project.updated', project, { changed: ['owner_id'] })),
      ],
      notifications: ended.notifications.filter((notification) => notification.user_id !== user_id),
    }
  },
}
