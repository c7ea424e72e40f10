import { beginBackups } from '../backup-schedules.ts'
import type { JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

export const beginBackupsJob: JobRule<'begin_backups', Pick<JobPorts, 'database' | 'command'>> = {
  async run(_, { database, command, signal, log }) {
    await beginBackups({
      schedules: (after, limit) => database.backupSchedules(after, limit),
      begin: (org_id, input) => command(org_id, { command: 'export.schedule', input }),
      now: Date.now,
      stopping: () => signal.aborted,
      failed: (stage, error) => log.failed(stage, error),
    })
  },
}
