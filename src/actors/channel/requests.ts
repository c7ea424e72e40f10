import type { CommandCall, PostReply, ReadMarker, ReplyTo } from '../../contracts/calls.ts'
import type { ChannelFrame } from '../../contracts/relay.ts'
import type { AgentMessage, BrakeSettings } from './loop-brake.ts'

/** The receivers of an ephemeral frame: the readers of a channel, or one user's own connections. */
export interface Ephemeral {
  org_id: string
  channel_id: string
  except_user_id?: string
  only_user_id?: string
  frame: ChannelFrame
}

export interface ChannelPorts {
  /** Each of these runs its command in the lane of the channel's org. */
  post(org_id: string, call: CommandCall<'message.post'>): Promise<PostReply>
  pauseLoop(org_id: string, call: CommandCall<'channel.pause_loop'>): Promise<ReplyTo<'channel.pause_loop'>>
  resumeLoop(
    org_id: string,
    call: CommandCall<'channel.resume_loop'>,
  ): Promise<ReplyTo<'channel.resume_loop'>>
  /** Sends a frame that is not stored: it may be lost, it never delays messages. Must not throw. */
  ephemeral(frame: Ephemeral): void
  /** Moves a read marker forward, unless it was moved back since `rewinds`; undefined when the channel is gone. */
  markRead(
    org_id: string,
    channel_id: string,
    user_id: string,
    seq: number,
    rewinds?: number,
  ): Promise<ReadMarker | undefined>
  /** Moves a read marker back to before `seq`; undefined when the channel is gone. */
  markUnread(
    org_id: string,
    channel_id: string,
    user_id: string,
    seq: number,
  ): Promise<ReadMarker | undefined>
  /** Returns when this node owns the org: all actors of an org live on one node. */
  ownOrg?(org_id: string): Promise<void>
  /** State of the loop brake: the current run of agents' messages, and the end of a pause (0: none). */
  loadBrake(org_id: string, channel_id: string): Promise<{ run: AgentMessage[]; paused_until: number }>
  /** Without a promise when the org's edge is loaded. */
  brakeSettings(org_id: string): BrakeSettings | Promise<BrakeSettings>
  newId(): string
}
