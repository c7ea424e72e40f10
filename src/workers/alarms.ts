import type { Alarm } from '../domain/alarm.ts'

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
