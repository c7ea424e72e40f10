import type { Channel } from '../contracts/resources.ts'
import type { Command } from './command.ts'

/** Another org-wide channel. */
export const channelCreate: Command<{ name: string }, Channel> = {
  name: 'channel.create',
  action: 'channel.create',
  async run(context, input) {
    const channel: Channel = {
      id: context.newId(),
      name: input.name,
      type: 'org_wide',
      project_id: null,
      last_seq: 0,
      read_seq: 0,
      unread_count: 0,
      mention_count: 0,
    }
    await context.write(context.sql`
      insert into channels (org_id, id, name, type, project_id, last_seq, created_at)
      values (${context.org_id}, ${channel.id}, ${channel.name}, ${channel.type}, null, 0, ${context.now})`)
    return {
      result: channel,
      events: [{ type: 'channel.created', channel_id: channel.id, payload: { channel } }],
    }
  },
}
