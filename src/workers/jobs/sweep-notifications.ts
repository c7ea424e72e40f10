import { sweepExpired } from '../sweep.ts'
import type { JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

export const sweepNotificationsJob: JobRule<'sweep_notifications', Pick<JobPorts, 'database'>> = {
  async run(_, { database, signal }) {
    await sweepExpired(
      (rows) => database.sweepNotifications(rows),
      () => signal.aborted,
    )
  },
}
