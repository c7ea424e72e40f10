import type { ServerFrame } from '@contracts/frames.ts'
import { messageUpdates, type Reader } from './apply-event.ts'
import type { CacheUpdate } from './cache-update.ts'
import { withChannel, withHead, withMuted, withoutChannel, withRead } from './channel-counts.ts'
import { withDelivery } from './message-log.ts'

/** Converts a frame of the chat socket to cache updates; pure and idempotent like {@link applyEvent}. */
export function applyFrame(frame: ServerFrame, reader: Reader, now_iso: string): CacheUpdate[] {
  switch (frame.type) {
    case 'message':
      return messageUpdates(frame.message, reader)
    case 'read':
      return [{ at: 'channels', change: (channels) => withRead(channels, frame.channel_id, frame) }]
    case 'preferences':
      return [{ at: 'channels', change: (channels) => withMuted(channels, frame.channel_id, frame.muted) }]
    case 'channel_added':
      return [{ at: 'channels', change: (channels) => withChannel(channels, frame.channel) }]
    case 'channel_removed':
      return [{ at: 'channels', change: (channels) => withoutChannel(channels, frame.channel_id) }]
    case 'delivery': {
      const { agent_id, state, detail } = frame
      const delivery = { agent_id, state, detail, updated_at: now_iso }
      return [
        {
          at: 'messages',
          channel_id: frame.channel_id,
          change: (log) => withDelivery(log, frame.seq, delivery),
        },
      ]
    }
    case 'resync':
      return [{ at: 'channels', change: (channels) => withHead(channels, frame.channel_id, frame.last_seq) }]
    case 'ready':
    case 'ack':
    case 'error':
    case 'pong':
    case 'typing':
    case 'typing_stopped':
    case 'presence':
      return []
  }
}
