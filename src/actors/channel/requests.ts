import type { RateLimitState } from '../../contracts/errors.ts'
import type { ServerFrame } from '../../contracts/frames.ts'
import type { Principal } from '../../contracts/principal.ts'
import type { Message } from '../../contracts/resources.ts'
import type { CommandCall, Idempotency, Reply } from '../../domain/job.ts'
import type { AgentMessage, BrakeSettings } from './loop-brake.ts'

/** A message to post, with the hash that tells an idempotent replay from another message under the same `client_id`. */
export interface Posting {
  channel_id: string
  content: string
  mentions?: string[]
  client_id?: string
  content_hash: string
  reply_to?: string | null
  kind?: 'text' | 'command' | 'command_output' | 'system'
  refusal?: PostingRefusal
}

/** Why a new message is refused; an idempotent replay of a stored one is answered all the same. */
export interface PostingRefusal {
  code: 'RATE_LIMITED' | 'AGENT_LOOP'
  message: string
  retry_after_s: number
  rate_limit?: RateLimitState
}

export interface Posted {
  message: Message
  repeated: boolean
}

export type ChannelRequest =
  | {
      type: 'post'
      command_id: string
      posting: Posting
      principal: Principal
      retry?: boolean
      idempotency?: Idempotency
    }
  | { type: 'typing'; user_id: string }
  | { type: 'typing_stopped'; user_id: string }
  | { type: 'read'; user_id: string; seq: number; now: boolean }
  | { type: 'save_reads' }

export type PostRequest = Extract<ChannelRequest, { type: 'post' }>

export interface ReadMarker {
  read_seq: number
  last_seq: number
  mention_count: number
}

/** The receivers of an ephemeral frame: the readers of a channel, or one user's own connections. */
export interface Ephemeral {
  org_id: string
  channel_id: string
  except_user_id?: string
  only_user_id?: string
  frame: ServerFrame
}

export interface ChannelPorts {
  /** Runs a command in the lane of the channel's org. */
  command(org_id: string, call: CommandCall): Promise<Reply>
  /** Sends a frame that is not stored: it may be lost, it never delays messages. Must not throw. */
  ephemeral(frame: Ephemeral): void
  /** Stores a read marker; undefined when the channel is gone. */
  markRead(org_id: string, channel_id: string, user_id: string, seq: number): Promise<ReadMarker | undefined>
  /** State of the loop brake: the current run of agents' messages, and the end of a pause (0: none). */
  loadBrake(org_id: string, channel_id: string): Promise<{ run: AgentMessage[]; paused_until: number }>
  /** Without a promise when the org's edge is loaded. */
  brakeSettings(org_id: string): BrakeSettings | Promise<BrakeSettings>
  newId(): string
}
