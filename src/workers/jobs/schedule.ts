import type { JobKind } from '../../contracts/jobs.ts'

interface ScheduledJob {
  kind: JobKind
  /** Minute, hour, day, month, weekday; in UTC. */
  at: string
  max_attempts: number
  backfill_ms?: number
}

const DAY_MS = 24 * 60 * 60_000

/** A backup that was due while no server ran is made at the start. */
export function backupJob(at: string): ScheduledJob {
  return { kind: 'back_up', at, max_attempts: 3, backfill_ms: DAY_MS }
}

/**
 * Jobs by the clock, once for all nodes. The next run is the retry of a failed one, so few attempts are enough. One that
 * runs rarely is made up for when no server ran at its time.
 */
export const SCHEDULE: readonly ScheduledJob[] = [
  { kind: 'sweep_expired', at: '* * * * *', max_attempts: 3 },
  { kind: 'sweep_sub_agents', at: '*/5 * * * *', max_attempts: 3 },
  { kind: 'delete_orgs', at: '* * * * *', max_attempts: 3 },
  { kind: 'sweep_emails', at: '27 * * * *', max_attempts: 3, backfill_ms: DAY_MS },
  { kind: 'begin_backups', at: '* * * * *', max_attempts: 3 },
  { kind: 'sweep_notifications', at: '33 * * * *', max_attempts: 3, backfill_ms: DAY_MS },
  { kind: 'remove_exports', at: '* * * * *', max_attempts: 3 },
  { kind: 'archive_tasks', at: '17 * * * *', max_attempts: 3, backfill_ms: DAY_MS },
  // Mornings of all time zones begin at a quarter of an hour.
  { kind: 'remind_of_keys', at: '*/15 * * * *', max_attempts: 3 },
  { kind: 'archive_rows', at: '41 3 * * *', max_attempts: 5, backfill_ms: DAY_MS },
  { kind: 'care_for_partitions', at: '7 * * * *', max_attempts: 5, backfill_ms: DAY_MS },
]
