import { sweepExpired } from '../sweep.ts'
import type { JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

export const sweepEmailsJob: JobRule<'sweep_emails', Pick<JobPorts, 'database'>> = {
  async run(_, { database, signal }) {
    await sweepExpired(
      (rows) => database.sweepEmails(rows),
      () => signal.aborted,
    )
    await sweepExpired(
      (rows) => database.sweepAccountEmails(rows),
      () => signal.aborted,
    )
  },
}
