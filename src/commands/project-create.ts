import { insertChannel } from '../db/writes/channels.ts'
import { assignToProject, insertProject } from '../db/writes/projects.ts'
import { newChannel } from '../domain/channels.ts'
import { checkProjectNameFree } from '../domain/names.ts'
import { projectEvent } from '../domain/project-events.ts'
import { newProject } from '../domain/projects.ts'
import type { Command } from './command.ts'
import { checkMembers } from './references.ts'

/** Adds a project with its channel; owner and creator are assigned to it. */
export const projectCreate: Command<'project.create'> = {
  name: 'project.create',
  action: 'project.create',
  async run(context, input, principal) {
    const made = {
      id: context.newId(),
      channel_id: context.newId(),
      creator_id: principal.id,
      now: context.now,
    }
    const project = newProject(input, made)
    const { id, name, assigned_user_ids } = project
    checkProjectNameFree(context.permissions.channel_names, name)
    checkMembers(context, assigned_user_ids)
    const channel = newChannel({ id: made.channel_id, name, type: 'project', project_id: id })
    await insertProject(context, project, principal.id)
    await assignToProject(context, id, assigned_user_ids)
    await insertChannel(context, channel)
    return {
      result: project,
      events: [
        { ...projectEvent('project.created', project, {}), subject_ids: assigned_user_ids },
        { type: 'channel.created', project_ids: [id], channel_id: channel.id, payload: { channel } },
      ],
    }
  },
}
