import { ofChannel } from '../domain/message-events.ts'
import type { Command } from './command.ts'

/** Ends the pause of the agents' posts in a channel. */
export const channelResumeLoop: Command<
  { channel_id: string; reason: 'human' | 'time' | 'administrator' },
  null
> = {
  name: 'channel.resume_loop',
  action: null,
  async run({ permissions }, { channel_id, reason }) {
    const payload = { channel_id, reason }
    return {
      result: null,
      events: [{ type: 'channel.loop_resumed', ...ofChannel(permissions, channel_id), payload }],
    }
  },
}
