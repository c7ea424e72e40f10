import type { BackupDestination } from '../contracts/vocabulary.ts'
import type { Alarm } from '../domain/alarm.ts'
import { Database } from './client.ts'
import type { ConnectionOptions } from './connection.ts'

/** Background statements run one after another; the second connection serves while a long one runs. */
const CONNECTIONS = 2
/** No caller waits for background work, but a statement that hangs must not hold its locks for ever. */
const STATEMENT_MS = 30_000
/** The client gives up after the server did. */
const DEADLINE_MS = 35_000

interface Schedule {
  org_id: string
  schedule_cron: string
  destination: BackupDestination
  time_zone: string
  last_at: string | null
}

/** The statements of background work, on a pool of its own: requests keep all their connections. */
export class BackgroundDatabase {
  readonly #database: Database

  constructor(connection: ConnectionOptions, prepare: boolean) {
    this.#database = new Database({
      connection,
      connections_max: CONNECTIONS,
      wait_ms: DEADLINE_MS,
      statement_timeout_ms: STATEMENT_MS,
      deadline_ms: DEADLINE_MS,
      prepare,
      application_name: 'mission-control background',
    })
  }

  /** Takes due alarms of all orgs for delivery; `wait_ms` until the next one, null when there is none. */
  async takeDueAlarms(limit: number): Promise<{ due: Alarm[]; wait_ms: number | null }> {
    const [row] = await this.#database.query(
      (sql) =>
        sql<{ due: Alarm[]; wait_ms: number | null }[]>`select due, wait_ms from take_due_alarms(${limit})`,
    )
    return row ?? { due: [], wait_ms: null }
  }

  /** Removes up to `rows` expired rows of each table that is kept for retries; returns how many. */
  async sweepExpired(rows: number): Promise<number> {
    const [row] = await this.#database.query(
      (sql) => sql<{ removed: number }[]>`select sweep_expired(${rows}) as removed`,
    )
    return row?.removed ?? 0
  }

  /** Sets the alarms of overdue sub-agents that have none; returns how many. */
  async setMissingTimeouts(limit: number): Promise<number> {
    const [row] = await this.#database.query(
      (sql) => sql<{ set: number }[]>`select set_missing_timeouts(${limit}) as set`,
    )
    return row?.set ?? 0
  }

  /** Removes mails that ended a month ago, and gives up those that wait for a day; returns how many at most `rows` each. */
  async sweepEmails(rows: number): Promise<number> {
    const [row] = await this.#database.query(
      (sql) => sql<{ swept: number }[]>`select sweep_emails(${rows}) as swept`,
    )
    return row?.swept ?? 0
  }

  /** Removes up to `rows` notifications that are older than a year; returns how many. */
  async sweepNotifications(rows: number): Promise<number> {
    const [row] = await this.#database.query(
      (sql) => sql<{ removed: number }[]>`select sweep_notifications(${rows}) as removed`,
    )
    return row?.removed ?? 0
  }

  /** Removes mails to accounts a month after their end, and those that wait for a day; returns how many, at most `rows`. */
  async sweepAccountEmails(rows: number): Promise<number> {
    const swept = await this.#database.statement(
      (sql) => sql`
        delete from account_emails where id in (
          select id from account_emails
          where updated_at < now() - case status when 'pending' then interval '1 day' else interval '30 days' end
          order by updated_at limit ${rows} for update skip locked)`,
    )
    return swept.count
  }

  /** Mails to accounts that wait, and those of the last month that failed. */
  async accountEmailCounts(): Promise<{ pending: number; failed: number }> {
    const [row] = await this.#database.query(
      (sql) => sql<{ pending: number; failed: number }[]>`
        select count(*) filter (where status = 'pending')::int as pending, count(*) filter (where status = 'failed')::int as failed
        from account_emails where status <> 'sent'`,
    )
    return row ?? { pending: 0, failed: 0 }
  }

  /** Orgs whose grace period is over. */
  async dueOrgs(): Promise<string[]> {
    const rows = await this.#database.query((sql) => sql<{ id: string }[]>`select due_orgs() as id`)
    return rows.map(({ id }) => id)
  }

  /** One step of a deletion; see the function. Throws when the org is not due. */
  async deleteOrgStep(org_id: string, rows: number): Promise<{ removed: number; done: boolean }> {
    const [row] = await this.#database.query(
      (sql) =>
        sql<
          { removed: number; done: boolean }[]
        >`select removed, done from delete_org_step(${org_id}, ${rows})`,
    )
    return row ?? { removed: 0, done: false }
  }

  /** Tasks that were completed `months` ago, by org, without the orgs in `except`. */
  async archivableTasks(
    months: number,
    limit: number,
    except: readonly string[],
  ): Promise<{ org_id: string; ids: string[] }[]> {
    return await this.#database.query(
      (sql) => sql<{ org_id: string; ids: string[] }[]>`
        select org_id, ids from archivable_tasks(${months}, ${limit}, ${[...except]}::uuid[])`,
    )
  }

  /** Orgs with a schedule of backups; see the function. */
  async backupSchedules(after: string | null, limit: number): Promise<Schedule[]> {
    return await this.#database.query(
      (sql) => sql<Schedule[]>`
        select org_id, schedule_cron, destination, time_zone, last_at from backup_schedules(${after}::uuid, ${limit})`,
    )
  }

  /** Keys of all orgs that are due for rotation; see the function. */
  async keysToRotate(
    after: string | null,
    limit: number,
  ): Promise<{ org_id: string; id: string; due_at: string; time_zone: string }[]> {
    return await this.#database.query(
      (sql) => sql<{ org_id: string; id: string; due_at: string; time_zone: string }[]>`
        select org_id, id, due_at, time_zone from keys_to_rotate(${after}::uuid, ${limit})`,
    )
  }

  /** Exports of all orgs that need care; see the function. */
  async dueExports(
    limit: number,
    stalled_ms: number,
  ): Promise<{ org_id: string; id: string; path: string | null; stalled: boolean }[]> {
    return await this.#database.query(
      (sql) => sql<{ org_id: string; id: string; path: string | null; stalled: boolean }[]>`
        select org_id, id, path, stalled from exports_due(${limit}, ${stalled_ms})`,
    )
  }

  /** Records activity of members over all orgs; `id` is the user's. Locked rows are skipped. */
  async touchMembers(used: readonly { org_id: string; id: string }[]): Promise<void> {
    await this.#database.query((sql) => sql`select touch_members(${JSON.stringify(used)}::text::json)`)
  }

  /** Records use of keys over all orgs. Locked rows are skipped. */
  async touchKeys(used: readonly { org_id: string; id: string }[]): Promise<void> {
    await this.#database.query((sql) => sql`select touch_keys(${JSON.stringify(used)}::text::json)`)
  }

  /** Removes the waiting and failed jobs of an org that is gone. */
  async removeJobs(org_id: string): Promise<void> {
    await this.#database.withOrg(org_id, async ({ sql }) => {
      await sql`select remove_jobs(${org_id})`
    })
  }

  /** Removes jobs that failed for good `days` ago. */
  async removeOldJobs(days: number): Promise<void> {
    await this.#database.query((sql) => sql`select remove_old_jobs(${days})`)
  }

  /** Jobs of the cluster by kind. */
  async jobCounts(): Promise<{ kind: string; waiting: number; running: number; failed: number }[]> {
    return await this.#database.query(
      (sql) => sql<{ kind: string; waiting: number; running: number; failed: number }[]>`
        select kind, waiting, running, failed from job_counts()`,
    )
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
}
