import type { Alarm } from '../domain/alarm.ts'

/** Alarms taken by one query. */
export const ALARMS_AT_ONCE = 100

export interface AlarmPorts {
  /** Takes due alarms of all orgs; `wait_ms` is the time until the next one, null when there is none. */
  take(limit: number): Promise<{ due: Alarm[]; wait_ms: number | null }>
  /** Carries an alarm out by its command. */
  deliver(alarm: Alarm): Promise<unknown>
  failed(stage: string, error: unknown): void
}

/**
 * Delivers the due alarms of all orgs. Returns the time until the next one. A failed delivery costs the others nothing:
 * the database hands the alarm out again after a pause.
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
  // A full page: more of them are due already.
  return due.length === ALARMS_AT_ONCE ? 0 : (wait_ms ?? undefined)
}
