import type { Clock } from '../actors/runtime/clock.ts'
import { ALARM_COMMANDS } from '../commands/alarms.ts'
import type { NamedInput } from '../contracts/commands.ts'
import type { BackgroundDatabase } from '../db/background.ts'
import { deliverAlarms } from './alarms.ts'
import { archiveTasks } from './archival.ts'
import { deleteDueOrgs } from './org-deletion.ts'
import { RepeatedJob } from './repeated-job.ts'
import { sweepExpired } from './sweep.ts'

/**
 * Longest interval between polls for due alarms of all orgs; the poll is earlier when a known alarm is due. A new alarm
 * with a shorter delay may fire late by up to this interval.
 */
export const ALARM_POLL_MS = 20_000
/** Expired rows outlive their expiry by up to this interval. */
export const SWEEP_MS = 60_000
/** Longest delay between the end of an org's grace period and the start of its deletion. */
export const DELETION_MS = 60_000
export const ARCHIVAL_MS = 60 * 60_000

interface Ports {
  clock: Clock
  database: BackgroundDatabase
  /** Runs a command as the server itself. */
  command(org_id: string, command: NamedInput): Promise<unknown>
  /** An org is gone: its actors stop, its streams close, its cached state is dropped. */
  forget(org_id: string): Promise<void>
  log: {
    info(fields: Record<string, unknown>, text: string): void
    failed(stage: string, error: unknown): void
  }
}

/**
 * The background work of a node: one job of each kind for all orgs, so an unused org costs nothing. Several nodes may
 * run a job concurrently: the database decides which node gets a row.
 */
export function startBackground(ports: Ports): { stop(): Promise<void> } {
  const { database, log, command } = ports
  let is_stopping = false
  const stopping = () => is_stopping
  const failed = (stage: string, error: unknown) => log.failed(stage, error)
  const every = (interval_ms: number, stage: string, job: () => Promise<number | undefined>) =>
    new RepeatedJob(ports.clock, interval_ms, job, (error) => failed(stage, error))

  const jobs = [
    every(ALARM_POLL_MS, 'deliver alarms', () =>
      deliverAlarms({
        take: (limit) => database.takeDueAlarms(limit),
        deliver: (alarm) => {
          return command(alarm.org_id, ALARM_COMMANDS[alarm.kind](alarm))
        },
        failed,
      }),
    ),
    every(SWEEP_MS, 'remove expired rows', async () => {
      await sweepExpired((rows) => database.sweepExpired(rows), stopping)
      return undefined
    }),
    every(DELETION_MS, 'delete organizations', async () => {
      await deleteDueOrgs({
        due: () => database.dueOrgs(),
        step: (org_id, rows) => database.deleteOrgStep(org_id, rows),
        forget: (org_id) => ports.forget(org_id),
        stopping,
        log,
      })
      return undefined
    }),
    every(ARCHIVAL_MS, 'archive tasks', async () => {
      await archiveTasks({
        due: (months, limit, except) => database.archivableTasks(months, limit, except),
        archive: (org_id, ids) => command(org_id, { command: 'task.archive', input: { ids } }),
        stopping,
        failed,
      })
      return undefined
    }),
  ]
  return {
    async stop() {
      is_stopping = true
      await Promise.all(jobs.map((job) => job.stop()))
    },
  }
}
