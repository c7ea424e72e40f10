import type { BatchContext } from '../db/lane-store.ts'
import type { Job } from '../domain/job.ts'

/** A message that was stored under the same `client_id` before. */
export interface KnownMessage {
  message_id: string
  seq: number
  content_hash: string
}

const KEY = 'client_ids'

interface Posting {
  channel_id: string
  client_id?: string
  reply_to?: string | null
  refusal?: unknown
}

/** Looks up, once for a batch and under the lock, which `client_id`s of its messages are stored already. */
export async function prefetchClientIds(jobs: readonly Job[], context: BatchContext): Promise<void> {
  const asked = jobs
    .filter(isPosting)
    .flatMap(({ input, caller }) =>
      input.client_id === undefined
        ? []
        : [{ channel_id: input.channel_id, sender_id: caller.id, client_id: input.client_id }],
    )
  if (asked.length === 0) return
  const rows = await context.sql<
    (KnownMessage & { channel_id: string; sender_id: string; client_id: string })[]
  >`
    select k.channel_id, k.sender_id, k.client_id, k.message_id, k.seq, k.content_hash
    from json_to_recordset(${JSON.stringify(asked)}::text::json) as a(channel_id uuid, sender_id uuid, client_id text)
    join message_client_ids k on k.org_id = ${context.org_id} and k.channel_id = a.channel_id
      and k.sender_id = a.sender_id and k.client_id = a.client_id`
  context.prefetched.set(
    KEY,
    new Map(rows.map((row) => [keyOf(row.channel_id, row.sender_id, row.client_id), row])),
  )
}

export function knownMessage(
  context: BatchContext,
  channel_id: string,
  sender_id: string,
  client_id: string,
): KnownMessage | undefined {
  const known = context.prefetched.get(KEY)
  return known instanceof Map ? known.get(keyOf(channel_id, sender_id, client_id)) : undefined
}

function keyOf(channel_id: string, sender_id: string, client_id: string): string {
  return `${channel_id} ${sender_id} ${client_id}`
}

export function isPosting(job: Job): job is Job & { input: Posting } {
  return job.command === 'message.post'
}
