import type { BatchContext } from '../db/batch.ts'
import { type ClientIdRef, type KnownMessage, readClientIds } from '../db/queries/message-client-ids.ts'
import type { Job } from '../domain/job.ts'

const KEY = 'client_ids'

/** Looks up, once for a batch and under the lock, which `client_id`s of its messages are stored already. */
export async function prefetchClientIds(jobs: readonly Job[], context: BatchContext): Promise<void> {
  const wanted = jobs
    .filter(isPosting)
    .flatMap(({ input: { channel_id, client_id }, principal }) =>
      client_id === undefined ? [] : [{ channel_id, sender_id: principal.id, client_id }],
    )
  if (wanted.length === 0) return
  const rows = await readClientIds(context, context.org_id, wanted)
  context.prefetched.set(KEY, new Map(rows.map((row) => [keyOf(row), row])))
}

export function knownMessage(context: BatchContext, wanted: ClientIdRef): KnownMessage | undefined {
  const known = context.prefetched.get(KEY)
  return known instanceof Map ? known.get(keyOf(wanted)) : undefined
}

function keyOf({ channel_id, sender_id, client_id }: ClientIdRef): string {
  return `${channel_id} ${sender_id} ${client_id}`
}

export function isPosting(job: Job): job is Job<'message.post'> {
  return job.command === 'message.post'
}
