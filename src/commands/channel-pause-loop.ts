import { addMessage } from '../db/writes/messages.ts'
import { messageCreated, ofChannel } from '../domain/message-events.ts'
import { SERVER } from '../domain/principal.ts'
import type { Command } from './command.ts'

/** Agents answered each other for too long: the channel says so, and their posts are refused for a while. */
export const channelPauseLoop: Command<{ channel_id: string; messages: number; until: string }, null> = {
  name: 'channel.pause_loop',
  action: null,
  async run(context, { channel_id, messages, until }) {
    const { permissions } = context
    const message = addMessage(context, {
      id: context.newId(),
      channel_id,
      seq: await context.nextSeq(channel_id),
      kind: 'system',
      sender: SERVER,
      content: `Agents wrote ${messages} messages in a row here without a person. Their posts are paused until a person writes, or for ten minutes.`,
    })
    const paused = { channel_id, messages, until }
    return {
      result: null,
      events: [
        { type: 'channel.loop_paused', ...ofChannel(permissions, channel_id), payload: paused },
        messageCreated(permissions, message),
      ],
    }
  },
}
