import { sweepExpired } from '../sweep.ts'
import type { JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

/** Failed jobs are kept for their org's administrators. */
const FAILED_DAYS = 30

export const sweepExpiredJob: JobRule<'sweep_expired', Pick<JobPorts, 'database'>> = {
  async run(_, { database, signal }) {
    await sweepExpired(
      (rows) => database.sweepExpired(rows),
      () => signal.aborted,
    )
    await database.removeOldJobs(FAILED_DAYS)
  },
}
