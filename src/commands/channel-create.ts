import { insertChannel } from '../db/writes/channels.ts'
import { newChannel } from '../domain/channels.ts'
import { checkNameFree } from '../domain/names.ts'
import type { Command } from './command.ts'

/** Adds an org-wide channel. */
export const channelCreate: Command<'channel.create'> = {
  name: 'channel.create',
  action: 'channel.create',
  async run(context, { name }) {
    checkNameFree(context.permissions.channel_names, name)
    const channel = newChannel({ id: context.newId(), name, type: 'org_wide', project_id: null })
    await insertChannel(context, channel)
    return {
      result: channel,
      events: [{ type: 'channel.created', channel_id: channel.id, payload: { channel } }],
    }
  },
}
