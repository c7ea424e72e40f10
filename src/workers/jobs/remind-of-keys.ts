import { remindOfKeys } from '../key-reminders.ts'
import type { JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

export const remindOfKeysJob: JobRule<'remind_of_keys', Pick<JobPorts, 'database' | 'command'>> = {
  async run(_, { database, command, signal, log }) {
    await remindOfKeys({
      due: (after, limit) => database.keysToRotate(after, limit),
      remind: (org_id, key_ids) => command(org_id, { command: 'key.remind', input: { key_ids } }),
      now: Date.now,
      stopping: () => signal.aborted,
      failed: (stage, error) => log.failed(stage, error),
    })
  },
}
