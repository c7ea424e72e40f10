import { assignToProject } from '../db/writes/projects.ts'
import { membershipEvent } from '../domain/project-events.ts'
import { checkMayAssign } from '../domain/projects.ts'
import type { Command } from './command.ts'
import { existingProject } from './existing.ts'
import { checkMembers } from './references.ts'
import { checkVersion } from './versions.ts'

/** Assigns a member: from this event on it reads the project's channel, history included. */
export const projectAssign: Command<'project.assign'> = {
  name: 'project.assign',
  action: 'project.assign',
  async run(context, { id, version, user_id }, principal) {
    const before = await existingProject(context, id)
    checkMayAssign(context.permissions, id, principal)
    checkVersion(before.version, version)
    checkMembers(context, [user_id])
    if (before.assigned_user_ids.includes(user_id)) return { result: before, events: [] }
    await assignToProject(context, id, [user_id])
    const project = { ...before, assigned_user_ids: [...before.assigned_user_ids, user_id] }
    return { result: project, events: [membershipEvent('project.user_assigned', project, user_id)] }
  },
}
