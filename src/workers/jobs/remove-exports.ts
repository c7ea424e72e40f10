import { removeExports } from '../export-removal.ts'
import type { JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

export const removeExportsJob: JobRule<'remove_exports', Pick<JobPorts, 'database' | 'exports'>> = {
  async run(_, { database, exports, signal, log }) {
    await removeExports({
      due: (limit, stalled_ms) => database.dueExports(limit, stalled_ms),
      remove: (path) => exports.storage.remove(path),
      forget: (org_id, id) => exports.forget(org_id, id),
      requeue: (org_id, id) => exports.requeue(org_id, id),
      stopping: () => signal.aborted,
      failed: (stage, error) => log.failed(stage, error),
    })
  },
}
