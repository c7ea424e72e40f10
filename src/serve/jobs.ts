import { archiveFiles } from '../archive/files.ts'
import { secretsFor } from '../backup/secrets.ts'
import { ArchiveStore } from '../db/archive-store.ts'
import { JobQueue } from '../db/queue/job-queue.ts'
import type { Node } from '../node.ts'
import { tasksOf } from '../workers/jobs/run-job.ts'
import { backupJob, SCHEDULE } from '../workers/jobs/schedule.ts'
import { JOBS } from '../workers/jobs/tasks.ts'
import { archiveStorage, exportPorts, installationStorage } from './exports.ts'
import { createAccountMail, createMail } from './mail.ts'

/** The workers of a node; undefined when it only enqueues. */
export function createJobs(node: Node, forget: (org_id: string) => Promise<void>): JobQueue | undefined {
  const { config, core, data_dir, log, opened } = node
  if (config.job_concurrency === 0) return undefined
  const archive = archiveFiles(archiveStorage(config, data_dir))
  const ports = {
    archive,
    installation: {
      connection: opened.backup,
      storage: installationStorage(config, data_dir),
      keep: config.backup_keep,
      content: () => ({
        archive: archiveStorage(config, data_dir),
        ...secretsFor(config, data_dir, false),
      }),
    },
    openArchive: () => new ArchiveStore(opened.app, config.database_prepare),
    database: node.background_database,
    partitions: opened.partitions,
    command: core.systemCommand,
    mail: createMail(node),
    account_mail: createAccountMail(node),
    async forget(org_id: string) {
      await forget(org_id)
      await archive.removeOrg(org_id)
    },
    exports: exportPorts({
      database: node.database,
      snapshots: node.snapshots,
      storage: node.export_storage,
      command: core.systemCommand,
      tell: (org_id, exported) => core.edges.frames.tellExport(org_id, exported),
    }),
  }
  return new JobQueue({
    connection: opened.worker,
    prepare: config.database_prepare,
    concurrency: config.job_concurrency,
    lease_ms: config.job_lease_ms,
    tasks: tasksOf(JOBS, ports, log),
    cron: [...SCHEDULE, ...(config.backup_schedule === undefined ? [] : [backupJob(config.backup_schedule)])],
    log,
  })
}
