import type { Idempotency, Reply } from '../contracts/calls.ts'
import { ApiError } from '../contracts/errors.ts'
import type { BatchContext } from '../db/batch.ts'
import type { OneReader, Tx } from '../db/client.ts'
import { findReply, type KeptReply, readReply } from '../db/queries/idempotency-keys.ts'
import { keepReply, lockKey } from '../db/writes/idempotency-keys.ts'
import type { Job } from '../domain/job.ts'

/** Result fields that are shown once and never stored; a replay has null instead. */
const SECRET_FIELDS = ['api_key', 'ephemeral_api_key', 'invite_url', 'sign_in_url']

/** The first answer to the same key by the same caller on the same route; another body is 409. */
export async function recalledRequest(job: Job, context: BatchContext): Promise<Reply | undefined> {
  const { idempotency, principal } = job
  if (!idempotency || principal.id === null) return undefined
  const kept = await readReply(context, context.org_id, principal.id, idempotency)
  return kept && replayOf(kept, idempotency)
}

/** The same outside of the lane: for a request that is refused unless it is a repeat. */
export async function recallRequest(
  database: OneReader,
  org_id: string,
  caller_id: string,
  idempotency: Idempotency,
): Promise<Reply | undefined> {
  const kept = await findReply(database, org_id, caller_id, idempotency)
  return kept && replayOf(kept, idempotency)
}

/**
 * Runs a change outside of the lane once for one key, and keeps its answer in the same transaction. Of two requests at
 * the same time the second waits for the first.
 */
export async function once(
  { sql }: Tx,
  org_id: string,
  caller_id: string,
  idempotency: Idempotency | undefined,
  run: () => Promise<unknown>,
): Promise<Reply> {
  if (!idempotency) return { result: await run(), replayed: false }
  await lockKey({ sql }, caller_id, idempotency)
  const kept = await readReply({ sql }, org_id, caller_id, idempotency)
  if (kept) return replayOf(kept, idempotency)
  const result = await run()
  const writer = { org_id, sql, write: async <T>(query: PromiseLike<T>) => await query }
  await keepReply(writer, caller_id, idempotency, withoutSecrets(result))
  return { result, replayed: false }
}

/** Throws 409 when the key belongs to another request. */
export function replayOf(kept: KeptReply, { fingerprint }: Idempotency): Reply {
  if (kept.fingerprint !== fingerprint)
    throw new ApiError('IDEMPOTENCY_CONFLICT', 'This Idempotency-Key was used with another request.')
  return { result: kept.reply, replayed: true }
}

/** Keeps the answer in the transaction of the effect. */
export async function rememberRequest(job: Job, reply: Reply, context: BatchContext): Promise<void> {
  const { idempotency, principal } = job
  if (!idempotency || principal.id === null) return
  await keepReply(context, principal.id, idempotency, withoutSecrets(reply.result))
}

function withoutSecrets(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result
  const secrets = SECRET_FIELDS.filter((field) => field in result).map((field) => [field, null])
  return { ...result, ...Object.fromEntries(secrets) }
}
