import { alarmAt } from '../db/queries/alarms.ts'
import { setAlarm } from '../db/writes/alarms.ts'
import { addMessage } from '../db/writes/messages.ts'
import { messageCreated, ofChannel } from '../domain/message-events.ts'
import { SERVER } from '../domain/principal.ts'
import type { Command } from './command.ts'

/**
 * Pauses agents that answered each other for too long: announces it in the channel and refuses their posts until the
 * alarm at `until` or a person's message. Idempotent: an existing pause is unchanged.
 */
export const channelPauseLoop: Command<'channel.pause_loop'> = {
  name: 'channel.pause_loop',
  action: null,
  async run(context, { channel_id, messages, until }) {
    const { permissions } = context
    const paused_until = await alarmAt(context, 'loop_brake', channel_id)
    if (paused_until !== undefined && Date.parse(paused_until) > Date.parse(context.now))
      return { result: { until: paused_until }, events: [] }
    const seq = await context.nextSeq(channel_id)
    await setAlarm(context, 'loop_brake', channel_id, until)
    const message = addMessage(context, {
      id: context.newId(),
      channel_id,
      seq,
      kind: 'system',
      sender: SERVER,
      content: `Agents wrote ${messages} messages in a row here without a person. Their posts are paused until a person writes, or for ten minutes.`,
    })
    const paused = { channel_id, messages, until }
    return {
      result: { until },
      events: [
        { type: 'channel.loop_paused', ...ofChannel(permissions, channel_id), payload: paused },
        messageCreated(permissions, message),
      ],
    }
  },
}
