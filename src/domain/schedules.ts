import { Cron } from 'croner'

/**
 * The first run of a schedule after a moment, both in epoch milliseconds; undefined for a schedule that never comes, like
 * the 30th of February. `schedule_cron`: minute, hour, day, month, weekday, by the clock of the zone: a time that is left
 * out when clocks change is made up for, one that comes twice counts once. Throws for a text that is no schedule.
 */
export function nextRun(
  after_ms: number,
  { schedule_cron, time_zone }: { schedule_cron: string; time_zone: string },
): number | undefined {
  const cron = new Cron(schedule_cron, { timezone: time_zone, mode: '5-part' })
  return cron.nextRun(new Date(after_ms))?.getTime()
}
