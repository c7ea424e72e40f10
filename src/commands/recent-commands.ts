import type { BatchContext } from '../db/lane-store.ts'
import type { Job, Reply } from '../domain/job.ts'

const KEY = 'recent_commands'

/** Looks up the replies of commands that may have run before (at an owner that is gone, or before a lost answer). */
export async function prefetchReplies(jobs: readonly Job[], context: BatchContext): Promise<void> {
  const ids = jobs.filter((job) => job.retry).map((job) => job.command_id)
  if (ids.length === 0) return
  const rows = await context.sql<{ command_id: string; reply: Reply }[]>`
    select command_id, reply from recent_commands where org_id = ${context.org_id} and command_id = any(${ids})`
  context.prefetched.set(KEY, new Map(rows.map((row) => [row.command_id, row.reply])))
}

/** The reply of the same command when it already ran. */
export function recalled(job: Job, context: BatchContext): Reply | undefined {
  const replies = context.prefetched.get(KEY)
  return replies instanceof Map ? replies.get(job.command_id) : undefined
}
