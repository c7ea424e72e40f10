/** What crosses a wire between the minimal server, the bridge and the people of this proof. */
export interface Message {
  id: string
  channel_id: string
  /** Position in the channel, contiguous from 1. */
  seq: number
  kind: 'text' | 'command' | 'command_output'
  sender: Sender
  content: string
  /** The sender's own id of it; the same one again is the same message. */
  client_id: string | null
  /** `seq` of the message this one answers. */
  reply_to: number | null
}

export interface Sender {
  id: string
  type: 'human' | 'agent'
}

export type LogEvent = { sequence: number; channel_id: string } & (
  | { type: 'message.created'; payload: { message: Message } }
  | { type: 'command.invoked'; payload: { message: Message; command: string; args: string } }
)

/** First frame of every stream; it is no row of the log. */
export interface StreamOpened {
  type: 'stream.opened'
  payload: { log: string; head: number; heartbeat_seconds: number }
}

/** The cursor cannot be honoured; the stream goes on from the head. */
export interface EventsReset {
  type: 'events.reset'
  payload: { reason: string; head: number }
}

export type StreamFrame = LogEvent | StreamOpened | EventsReset

export interface PostMessage {
  content: string
  client_id?: string
  reply_to?: number
  kind?: 'text' | 'command_output'
}

/** Wall clock of this machine with fractions of a millisecond, so that processes can be compared. */
export function now_ms(): number {
  return performance.timeOrigin + performance.now()
}
