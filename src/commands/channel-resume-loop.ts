import { clearAlarm } from '../db/writes/alarms.ts'
import { ofChannel } from '../domain/message-events.ts'
import type { Command } from './command.ts'

/**
 * Ends the pause of the agents' posts in a channel; with reason `time` only when it is over. Idempotent without a pause:
 * its alarm is delivered at least once.
 */
export const channelResumeLoop: Command<'channel.resume_loop'> = {
  name: 'channel.resume_loop',
  action: null,
  async run(context, { channel_id, reason }) {
    const lifted = await clearAlarm(context, 'loop_brake', channel_id, reason === 'time')
    if (!lifted) return { result: null, events: [] }
    const payload = { channel_id, reason }
    return {
      result: null,
      events: [{ type: 'channel.loop_resumed', ...ofChannel(context.permissions, channel_id), payload }],
    }
  },
}
