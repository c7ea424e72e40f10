import { ApiError, notFound } from '../contracts/errors.ts'
import type { Principal } from '../contracts/principal.ts'
import { clearAlarm } from '../db/writes/alarms.ts'
import { authorize } from '../domain/access.ts'
import { ofChannel } from '../domain/message-events.ts'
import type { Permissions } from '../domain/permissions.ts'
import type { Command } from './command.ts'

/**
 * Ends the pause of the agents' posts in a channel; with reason `time` only when it is over. Idempotent without a pause:
 * its alarm is delivered at least once. The server runs it, or an administrator.
 */
export const channelResumeLoop: Command<'channel.resume_loop'> = {
  name: 'channel.resume_loop',
  action: null,
  async run(context, { channel_id, reason }, principal) {
    if (principal.kind !== 'system') checkMayLift(context.permissions, principal)
    const lifted = await clearAlarm(context, 'loop_brake', channel_id, reason === 'time')
    if (!lifted) return { result: null, events: [] }
    const payload = { channel_id, reason }
    return {
      result: null,
      events: [{ type: 'channel.loop_resumed', ...ofChannel(context.permissions, channel_id), payload }],
    }
  },
}

/** By the owner's permissions. An agent would lift the brake that stops it, whatever its role. */
function checkMayLift(permissions: Permissions, { id }: Principal): void {
  const member = id === null ? undefined : permissions.member(id)
  if (!member) throw notFound('org')
  authorize('channel.lift_pause', { kind: member.type, role: member.role }, permissions.readOnly)
  if (member.type !== 'human') throw new ApiError('FORBIDDEN', 'Only a person may let agents write again.')
}
