/** The kinds of alarms. Each is carried out by one command (see `commands/alarms.ts`). */
export const ALARM_KINDS = ['loop_brake', 'sub_agent_timeout'] as const
export type AlarmKind = (typeof ALARM_KINDS)[number]

/** A stored deadline: it fires after a restart too, at least once, by an idempotent command. */
export interface Alarm {
  org_id: string
  kind: AlarmKind
  target_id: string
  /** ISO 8601. */
  due_at: string
  /** Ids only. */
  payload: Record<string, string>
}
