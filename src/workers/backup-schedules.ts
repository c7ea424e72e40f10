import { nextRun } from '../domain/schedules.ts'

/** A first backup has no predecessor: its time may have come while no server ran, or the job was late. */
const FIRST_LATE_MS = 5 * 60_000
/** Each backup is a whole copy: a schedule of every minute would fill the disk. The job may be late by a minute. */
const APART_MS = 59 * 60_000
/** Orgs read by one query. */
export const SCHEDULES_AT_ONCE = 500

export interface BackupSchedule {
  org_id: string
  schedule_cron: string
  destination: 'local' | 's3'
  time_zone: string
  /** When the last backup was asked for. ISO 8601. */
  last_at: string | null
}

export interface BackupSchedulePorts {
  /** In the order of the orgs' ids, after one of them. */
  schedules(after: string | null, limit: number): Promise<BackupSchedule[]>
  begin(org_id: string, input: { due_at: string; destination: 'local' | 's3' }): Promise<unknown>
  now(): number
  stopping(): boolean
  failed(stage: string, error: unknown): void
}

/** The run of a schedule that is due and was not made yet; several missed ones are made up for by one. */
export function dueRun(schedule: BackupSchedule, now_ms: number): number | undefined {
  const since = schedule.last_at === null ? now_ms - FIRST_LATE_MS : Date.parse(schedule.last_at) + APART_MS
  const due = nextRun(since, schedule)
  return due !== undefined && due <= now_ms ? due : undefined
}

/** Begins the backups whose time has come, as commands of the server. An org that fails does not hold up the others. */
export async function beginBackups(ports: BackupSchedulePorts): Promise<void> {
  let after: string | null = null
  while (!ports.stopping()) {
    const page: BackupSchedule[] = await ports.schedules(after, SCHEDULES_AT_ONCE)
    for (const schedule of page) {
      const { org_id, destination } = schedule
      try {
        const due = dueRun(schedule, ports.now())
        if (due !== undefined) await ports.begin(org_id, { due_at: new Date(due).toISOString(), destination })
      } catch (error) {
        ports.failed(`begin the backup of ${org_id}`, error)
      }
    }
    after = page.at(-1)?.org_id ?? null
    if (page.length < SCHEDULES_AT_ONCE) return
  }
}
