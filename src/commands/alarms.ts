import type { NamedInput } from '../contracts/commands.ts'
import type { Alarm, AlarmKind } from '../domain/alarm.ts'

/**
 * The idempotent command of a due alarm: delivery is at least once. It removes the row and has no effect without one.
 */
export const ALARM_COMMANDS: Record<AlarmKind, (alarm: Alarm) => NamedInput> = {
  loop_brake: ({ target_id }) => ({
    command: 'channel.resume_loop',
    input: { channel_id: target_id, reason: 'time' },
  }),
  sub_agent_timeout: ({ target_id }) => ({ command: 'sub_agent.expire', input: { id: target_id } }),
}
