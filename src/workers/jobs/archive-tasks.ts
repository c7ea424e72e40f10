import { archiveTasks } from '../archival.ts'
import type { JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

export const archiveTasksJob: JobRule<'archive_tasks', Pick<JobPorts, 'database' | 'command'>> = {
  async run(_, { database, command, signal, log }) {
    await archiveTasks({
      due: (months, limit, except) => database.archivableTasks(months, limit, except),
      archive: (org_id, ids) => command(org_id, { command: 'task.archive', input: { ids } }),
      stopping: () => signal.aborted,
      failed: (stage, error) => log.failed(stage, error),
    })
  },
}
