import { makeExport } from '../export-making.ts'
import type { JobRule } from './job.ts'
import type { JobPorts } from './tasks.ts'

/** An org of many millions of messages, at the pace of its storage. */
const TIME_LIMIT_MS = 6 * 60 * 60_000

export const makeExportJob: JobRule<'make_export', Pick<JobPorts, 'exports'>> = {
  time_limit_ms: TIME_LIMIT_MS,
  async run(payload, { exports, signal, log }) {
    await makeExport(payload, { signal, log }, exports)
  },
}
