import type { Clock } from '../actors/runtime/clock.ts'
import { ALARM_COMMANDS } from '../commands/alarms.ts'
import type { NamedInput } from '../contracts/commands.ts'
import type { BackgroundDatabase } from '../db/background.ts'
import type { Alarm } from '../domain/alarm.ts'
import { RepeatedJob } from './repeated-job.ts'

/**
 * Longest interval between polls for due alarms of all orgs; the poll is earlier when a known alarm is due. A new alarm
 * with a shorter delay may fire late by up to this interval.
 */
export const ALARM_POLL_MS = 20_000
/** Alarms taken by one query. */
export const ALARMS_AT_ONCE = 100

export interface AlarmPorts {
  /** Takes due alarms of all orgs; `wait_ms` is the time until the next one, null when there is none. */
  take(limit: number): Promise<{ due: Alarm[]; wait_ms: number | null }>
  /** Runs the command of an alarm. */
  deliver(alarm: Alarm): Promise<unknown>
  failed(stage: string, error: unknown): void
}

/**
 * Delivers the due alarms of all orgs. Returns the time until the next one. A failed delivery does not affect other
 * alarms: the database returns the alarm again, with exponential back-off.
 */
export async function deliverAlarms(ports: AlarmPorts): Promise<number | undefined> {
  const { due, wait_ms } = await ports.take(ALARMS_AT_ONCE)
  await Promise.all(
    due.map(async (alarm) => {
      try {
        await ports.deliver(alarm)
      } catch (error) {
        ports.failed(`deliver the alarm ${alarm.kind} of ${alarm.target_id}`, error)
      }
    }),
  )
  // A full page: more alarms are due.
  return due.length === ALARMS_AT_ONCE ? 0 : (wait_ms ?? undefined)
}

/**
 * Delivers alarms on this node until it stops: one query for all orgs, so an unused org costs nothing. Every node does;
 * the database decides which node gets an alarm.
 */
export function startAlarms(ports: {
  clock: Clock
  database: Pick<BackgroundDatabase, 'takeDueAlarms'>
  /** Runs a command as the server itself. */
  command(org_id: string, command: NamedInput): Promise<unknown>
  failed(stage: string, error: unknown): void
}): { stop(): Promise<void> } {
  const { clock, database, command, failed } = ports
  const deliver = () =>
    deliverAlarms({
      take: (limit) => database.takeDueAlarms(limit),
      deliver: (alarm) => command(alarm.org_id, ALARM_COMMANDS[alarm.kind](alarm)),
      failed,
    })
  return new RepeatedJob(clock, ALARM_POLL_MS, deliver, (error) => failed('deliver alarms', error))
}
