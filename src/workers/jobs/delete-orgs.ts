import { deleteDueOrgs } from '../org-deletion.ts'
import type { JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

export const deleteOrgsJob: JobRule<'delete_orgs', Pick<JobPorts, 'database' | 'forget' | 'exports'>> = {
  async run(_, { database, forget, exports, signal, log }) {
    await deleteDueOrgs({
      due: () => database.dueOrgs(),
      removeFiles: (org_id) => exports.removeAll(org_id),
      step: (org_id, rows) => database.deleteOrgStep(org_id, rows),
      forget: async (org_id) => {
        await forget(org_id)
        await database.removeJobs(org_id)
      },
      stopping: () => signal.aborted,
      log,
    })
  },
}
