import type { ArchiveFiles } from '../../archive/files.ts'
import type { NamedInput } from '../../contracts/commands.ts'
import type { JobKind } from '../../contracts/jobs.ts'
import type { ArchiveStore } from '../../db/archive-store.ts'
import type { BackgroundDatabase } from '../../db/background.ts'
import type { PartitionCare } from '../../db/partition-care.ts'
import { archiveRowsJob } from './archive-rows.ts'
import { archiveTasksJob } from './archive-tasks.ts'
import { careForPartitionsJob } from './care-for-partitions.ts'
import { deleteOrgsJob } from './delete-orgs.ts'
import type { JobRule } from './job.ts'
import { type MailPorts, sendEmailJob } from './send-email.ts'
import { sweepEmailsJob } from './sweep-emails.ts'
import { sweepExpiredJob } from './sweep-expired.ts'
import { sweepSubAgentsJob } from './sweep-sub-agents.ts'

/** What handlers work with, given by src/serve. Each of them takes the ports that it needs. */
export interface JobPorts {
  database: BackgroundDatabase
  partitions: PartitionCare
  /** Runs a command as the server itself. */
  command(org_id: string, command: NamedInput): Promise<unknown>
  /** An org is gone: its actors stop, its streams close, its cached state is dropped. */
  forget(org_id: string): Promise<void>
  mail: MailPorts
  archive: ArchiveFiles
  /** A connection of its own, for one run. */
  openArchive(): ArchiveStore
}

/** Every kind of job by its name. */
export const JOBS: { readonly [K in JobKind]: JobRule<K, JobPorts> } = {
  archive_rows: archiveRowsJob,
  archive_tasks: archiveTasksJob,
  care_for_partitions: careForPartitionsJob,
  delete_orgs: deleteOrgsJob,
  send_email: sendEmailJob,
  sweep_emails: sweepEmailsJob,
  sweep_expired: sweepExpiredJob,
  sweep_sub_agents: sweepSubAgentsJob,
}
