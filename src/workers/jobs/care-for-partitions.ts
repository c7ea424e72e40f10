import type { JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

export const careForPartitionsJob: JobRule<'care_for_partitions', Pick<JobPorts, 'partitions'>> = {
  async run(_, { partitions }) {
    await partitions.run()
  },
}
