/** Range of a whole number, both ends included. */
export interface Range {
  readonly minimum: number
  readonly maximum: number
}

/** Ranges of the whole numbers in an org's settings: the schema and the forms of the app have them from here. */
export const SETTING_RANGES = {
  backup_days: { minimum: 1, maximum: 3650 },
  api_key_rotation_reminder_days: { minimum: 1, maximum: 3650 },
  sub_agent_timeout_minutes: { minimum: 5, maximum: 1440 },
  loop_brake_messages: { minimum: 0, maximum: 10_000 },
  loop_brake_minutes: { minimum: 1, maximum: 1440 },
  connections: { minimum: 1, maximum: 100_000 },
  retention_months: { minimum: 1, maximum: 1200 },
  rotation_grace_hours: { minimum: 0, maximum: 8760 },
  export_hours: { minimum: 1, maximum: 8760 },
  deletion_grace_period_days: { minimum: 7, maximum: 90 },
} as const satisfies Record<string, Range>

const count = (value: number) => value.toLocaleString('en')

/** "1 to 100,000" */
const rangeInWords = ({ minimum, maximum }: Range) => `${count(minimum)} to ${count(maximum)}`

/** What a value outside of a range is told. */
export const rangeProblem = (range: Range) => `Must be a whole number from ${rangeInWords(range)}.`

export function inRange(value: unknown, { minimum, maximum }: Range): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum
}
