import { notFound } from '../contracts/errors.ts'
import { unassignFromProject } from '../db/writes/projects.ts'
import { membershipEvent } from '../domain/project-events.ts'
import { checkMayAssign } from '../domain/projects.ts'
import type { Command } from './command.ts'
import { existingProject } from './existing.ts'
import { checkVersion } from './versions.ts'

/** Takes a member off a project: from this event on it does not read the project's channel. */
export const projectUnassign: Command<'project.unassign'> = {
  name: 'project.unassign',
  action: 'project.assign',
  async run(context, { id, version, user_id }, principal) {
    const before = await existingProject(context, id)
    checkMayAssign(context.permissions, id, principal)
    checkVersion(before.version, version)
    if (!before.assigned_user_ids.includes(user_id)) throw notFound('user')
    await unassignFromProject(context, id, user_id)
    const assigned_user_ids = before.assigned_user_ids.filter((assigned) => assigned !== user_id)
    const project = { ...before, assigned_user_ids }
    return { result: null, events: [membershipEvent('project.user_unassigned', project, user_id)] }
  },
}
