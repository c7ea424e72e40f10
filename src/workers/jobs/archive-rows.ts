import { archiveDueRows } from '../../archive/retention.ts'
import type { JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

/** The first run after a shorter retention was set may have years to move. */
const TIME_LIMIT_MS = 4 * 60 * 60_000

export const archiveRowsJob: JobRule<'archive_rows', Pick<JobPorts, 'archive' | 'openArchive'>> = {
  time_limit_ms: TIME_LIMIT_MS,
  async run(_, { archive, openArchive, signal, log }) {
    const store = openArchive()
    try {
      await archiveDueRows({ store, files: archive, stopping: () => signal.aborted, log })
    } finally {
      await store.close()
    }
  },
}
