import type { NamedInput } from '../contracts/commands.ts'
import type { Alarm, AlarmKind } from '../domain/alarm.ts'

/** The command that carries out a due alarm. It removes the row, and does nothing when there is none: at least once. */
export const ALARM_COMMANDS: Record<AlarmKind, (alarm: Alarm) => NamedInput> = {
  loop_brake: ({ target_id }) => ({
    command: 'channel.resume_loop',
    input: { channel_id: target_id, reason: 'time' },
  }),
}
