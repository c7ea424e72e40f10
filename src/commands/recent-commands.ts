import type { Reply } from '../contracts/calls.ts'
import type { BatchContext } from '../db/batch.ts'
import { readReplies } from '../db/queries/recent-commands.ts'
import type { Job } from '../domain/job.ts'

const KEY = 'recent_commands'

/** Looks up the replies of retried commands, which may have run under an earlier owner or before a lost answer. */
export async function prefetchReplies(jobs: readonly Job[], context: BatchContext): Promise<void> {
  const ids = jobs.filter((job) => job.retry).map((job) => job.command_id)
  if (ids.length === 0) return
  context.prefetched.set(KEY, await readReplies(context, context.org_id, ids))
}

/** The reply of the same command when it already ran. */
export function recalled(job: Job, context: BatchContext): Reply | undefined {
  const replies = context.prefetched.get(KEY)
  return replies instanceof Map ? replies.get(job.command_id) : undefined
}
