import type { JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

/** Alarms set by one run; the next one sets the rest. */
const AT_ONCE = 1_000

/**
 * Sets the alarm of each sub-agent whose time is over and that has none. The alarm is stored with the sub-agent, so there
 * is nothing to do unless rows were lost or changed by hand.
 */
export const sweepSubAgentsJob: JobRule<'sweep_sub_agents', Pick<JobPorts, 'database'>> = {
  async run(_, { database, log }) {
    const count = await database.setMissingTimeouts(AT_ONCE)
    if (count > 0) log.info({ count }, 'sub-agents without an alarm got one')
  },
}
