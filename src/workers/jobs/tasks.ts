import type { ArchiveFiles } from '../../archive/files.ts'
import type { ReplyTo } from '../../contracts/calls.ts'
import type { CommandName, NamedInput } from '../../contracts/commands.ts'
import type { JobKind } from '../../contracts/jobs.ts'
import type { ArchiveStore } from '../../db/archive-store.ts'
import type { BackgroundDatabase } from '../../db/background.ts'
import type { PartitionCare } from '../../db/partition-care.ts'
import type { ExportMakingPorts } from '../export-making.ts'
import { archiveRowsJob } from './archive-rows.ts'
import { archiveTasksJob } from './archive-tasks.ts'
import { type BackUpPorts, backUpJob } from './back-up.ts'
import { beginBackupsJob } from './begin-backups.ts'
import { careForPartitionsJob } from './care-for-partitions.ts'
import { deleteOrgsJob } from './delete-orgs.ts'
import type { JobRule } from './job.ts'
import { makeExportJob } from './make-export.ts'
import { remindOfKeysJob } from './remind-of-keys.ts'
import { removeExportsJob } from './remove-exports.ts'
import { type AccountMailPorts, sendAccountEmailJob } from './send-account-email.ts'
import { type MailPorts, sendEmailJob } from './send-email.ts'
import { sweepEmailsJob } from './sweep-emails.ts'
import { sweepExpiredJob } from './sweep-expired.ts'
import { sweepNotificationsJob } from './sweep-notifications.ts'
import { sweepSubAgentsJob } from './sweep-sub-agents.ts'

/** What handlers work with, given by src/serve. Each of them takes the ports that it needs. */
export interface JobPorts {
  database: BackgroundDatabase
  partitions: PartitionCare
  /** Runs a command as the server itself. */
  command<N extends CommandName>(org_id: string, command: NamedInput<N>): Promise<ReplyTo<N>>
  /** An org is gone: its actors stop, its streams close, its cached state is dropped. */
  forget(org_id: string): Promise<void>
  mail: MailPorts
  account_mail: AccountMailPorts
  archive: ArchiveFiles
  installation: BackUpPorts
  /** A connection of its own, for one run. */
  openArchive(): ArchiveStore
  exports: ExportMakingPorts & {
    /** The file of an ended export is gone. */
    forget(org_id: string, id: string): Promise<void>
    requeue(org_id: string, id: string): Promise<void>
    /** Removes every file of an org that is about to be deleted. */
    removeAll(org_id: string): Promise<void>
  }
}

/** Every kind of job by its name. */
export const JOBS: { readonly [K in JobKind]: JobRule<K, JobPorts> } = {
  archive_rows: archiveRowsJob,
  archive_tasks: archiveTasksJob,
  back_up: backUpJob,
  begin_backups: beginBackupsJob,
  care_for_partitions: careForPartitionsJob,
  delete_orgs: deleteOrgsJob,
  send_email: sendEmailJob,
  send_account_email: sendAccountEmailJob,
  sweep_emails: sweepEmailsJob,
  make_export: makeExportJob,
  remind_of_keys: remindOfKeysJob,
  remove_exports: removeExportsJob,
  sweep_expired: sweepExpiredJob,
  sweep_notifications: sweepNotificationsJob,
  sweep_sub_agents: sweepSubAgentsJob,
}
