import { ApiError, invalid, notFound } from '../contracts/errors.ts'
import { updateChannel } from '../db/writes/channels.ts'
import { newChannel, topicOf } from '../domain/channels.ts'
import { checkNameFree } from '../domain/names.ts'
import type { Command } from './command.ts'
import { currentSeq } from './current-seq.ts'

/**
 * Changes name and topic of a channel: administrators those of any, contributors the topic of a channel of their projects.
 * The channel of a project has the name of the project.
 */
export const channelUpdate: Command<'channel.update'> = {
  name: 'channel.update',
  action: 'channel.update',
  async run(context, { id, patch }, principal) {
    const { permissions } = context
    const before = permissions.channels.get(id)
    if (!before || !permissions.mayReadChannel(principal, id)) throw notFound('channel')
    if (before.project_id === null && principal.role !== 'administrator')
      throw new ApiError('FORBIDDEN', 'Only an administrator changes a channel that everybody reads.')
    const name = patch.name ?? before.name
    if (name !== before.name) {
      if (before.project_id !== null)
        throw invalid({ path: '/name', message: 'The channel of a project has the name of the project.' })
      checkNameFree(permissions.channel_names, name, id)
    }
    const topic = patch.topic === undefined ? before.topic : topicOf(patch.topic)
    const changed = name !== before.name || topic !== before.topic
    const stored = await updateChannel(context, { id, name, topic })
    const { type, project_id } = before
    const channel = {
      ...newChannel({ id, name, topic, type, project_id }),
      last_seq: currentSeq(context, id, stored.last_seq),
    }
    return {
      result: channel,
      events: changed
        ? [
            {
              type: 'channel.updated',
              project_ids: project_id === null ? [] : [project_id],
              channel_id: id,
              payload: { channel },
            },
          ]
        : [],
    }
  },
}
