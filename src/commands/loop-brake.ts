import { toMessage } from '../db/queries/messages.ts'
import type { NewEvent } from '../domain/log-event.ts'
import type { Command } from './command.ts'

const SERVER = { id: null, type: 'system' as const, display_name: 'Mission Control' }

/** Agents answered each other for too long: the channel says so, and their posts are refused for a while. */
export const loopPause: Command<{ channel_id: string; messages: number; until: string }, null> = {
  name: 'channel.pause_loop',
  action: null,
  async run(context, { channel_id, messages, until }) {
    const project_id = context.permissions.channels.get(channel_id)?.project_id
    const where = { channel_id, project_ids: project_id ? [project_id] : [] }
    const row = {
      id: context.newId(),
      channel_id,
      seq: await context.nextSeq(channel_id),
      kind: 'system' as const,
      sender_id: SERVER.id,
      sender_type: SERVER.type,
      sender_name: SERVER.display_name,
      content: `Agents wrote ${messages} messages in a row here without a person. Their posts are paused until a person writes, or for ten minutes.`,
      mentions: [],
      ignored_mentions: [],
      client_id: null,
      content_hash: null,
      reply_to: null,
      created_at: context.now,
      sequence: 0,
      project_ids: [],
    }
    context.rows.messages.push(row)
    const message = toMessage(row)
    const events: NewEvent[] = [
      { type: 'channel.loop_paused', ...where, payload: { channel_id, messages, until } },
      {
        type: 'message.created',
        ...where,
        payload: { message },
        message: { id: message.id, seq: message.seq },
      },
    ]
    return { result: null, events }
  },
}

/** The brake is off again. */
export const loopResume: Command<{ channel_id: string; reason: 'human' | 'time' | 'administrator' }, null> = {
  name: 'channel.resume_loop',
  action: null,
  async run(context, { channel_id, reason }) {
    const project_id = context.permissions.channels.get(channel_id)?.project_id
    const event: NewEvent = {
      type: 'channel.loop_resumed',
      channel_id,
      project_ids: project_id ? [project_id] : [],
      payload: { channel_id, reason },
    }
    return { result: null, events: [event] }
  },
}
