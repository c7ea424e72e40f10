import type { Project } from '../contracts/resources.ts'
import { updateChannel } from '../db/writes/channels.ts'
import { assignToProject, updateProject } from '../db/writes/projects.ts'
import { changed } from '../domain/changes.ts'
import { newChannel } from '../domain/channels.ts'
import { difference } from '../domain/lists.ts'
import type { NewEvent } from '../domain/log-event.ts'
import { checkProjectNameFree } from '../domain/names.ts'
import { membershipEvent, projectEvent } from '../domain/project-events.ts'
import type { Command, CommandContext } from './command.ts'
import { currentSeq } from './current-seq.ts'
import { existingProject } from './existing.ts'
import { checkMembers } from './references.ts'
import { checkVersion } from './versions.ts'

/** Changes the metadata of a project. A new owner is assigned to it; its channel is renamed with it. */
export const projectUpdate: Command<'project.update'> = {
  name: 'project.update',
  action: 'project.update',
  async run(context, { id, patch, version }) {
    const before = await existingProject(context, id)
    checkVersion(before.version, version)
    if (patch.name !== undefined)
      checkProjectNameFree(context.permissions.channel_names, patch.name, before.channel_id)
    checkMembers(context, [patch.owner_id])
    const after = changed(before, patch, context.now)
    const joining = difference(
      before.assigned_user_ids,
      after.owner_id === null ? [] : [after.owner_id],
    ).added
    const project = { ...after, assigned_user_ids: [...before.assigned_user_ids, ...joining] }
    await updateProject(context, project)
    const renamed = project.name === before.name ? [] : [await rename(context, project)]
    await assignToProject(context, id, joining)
    return {
      result: project,
      events: [
        projectEvent('project.updated', project, { changed: Object.keys(patch) }),
        ...renamed,
        ...joining.map((user_id) => membershipEvent('project.user_assigned', project, user_id)),
      ],
    }
  },
}

/** Zero unread counts: an event is the same for every reader, and counts are per member. */
async function rename(context: CommandContext, { id, channel_id, name }: Project): Promise<NewEvent> {
  const { topic, last_seq: stored_seq } = await updateChannel(context, { id: channel_id, name })
  const last_seq = currentSeq(context, channel_id, stored_seq)
  const channel = newChannel({ id: channel_id, name, topic, type: 'project', project_id: id })
  return {
    type: 'channel.updated',
    project_ids: [id],
    channel_id,
    payload: { channel: { ...channel, last_seq } },
  }
}
