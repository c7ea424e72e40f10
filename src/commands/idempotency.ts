import { ApiError } from '../contracts/errors.ts'
import type { BatchContext } from '../db/lane-store.ts'
import type { Idempotency, Job, Reply } from '../domain/job.ts'

/** How long the answer to an `Idempotency-Key` is kept. */
export const IDEMPOTENCY_HOURS = 24

/** Fields of results that are shown once and never kept: a replay has null there. */
const SECRET_FIELDS = ['api_key', 'ephemeral_api_key', 'invite_url']

export interface Stored {
  fingerprint: string
  reply: unknown
}

/** The first answer to the same key by the same caller on the same route; another body is 409. */
export async function recalledRequest(job: Job, context: BatchContext): Promise<Reply | undefined> {
  const { idempotency, caller } = job
  if (!idempotency || caller.id === null) return undefined
  const [found] = await context.sql<Stored[]>`
    select fingerprint, reply from idempotency_keys
    where org_id = ${context.org_id} and principal_id = ${caller.id} and route = ${idempotency.route}
      and key = ${idempotency.key} and created_at > now() - make_interval(hours => ${IDEMPOTENCY_HOURS})`
  return found && replayOf(found, idempotency)
}

/** Throws 409 when the key belongs to another request. */
export function replayOf(stored: Stored, { fingerprint }: Idempotency): Reply {
  if (stored.fingerprint !== fingerprint)
    throw new ApiError('IDEMPOTENCY_CONFLICT', 'This Idempotency-Key was used with another request.')
  return { result: stored.reply, replayed: true }
}

/** Keeps the answer in the transaction of the effect. */
export async function rememberRequest(job: Job, reply: Reply, context: BatchContext): Promise<void> {
  const { idempotency, caller } = job
  if (!idempotency || caller.id === null) return
  const kept = withoutSecrets(reply.result)
  await context.write(context.sql`
    insert into idempotency_keys (org_id, principal_id, route, key, fingerprint, status, reply, created_at)
    values (${context.org_id}, ${caller.id}, ${idempotency.route}, ${idempotency.key}, ${idempotency.fingerprint}, 201,
            ${JSON.stringify(kept)}::text::jsonb, now())
    on conflict (org_id, principal_id, route, key) do update set
      fingerprint = excluded.fingerprint, status = excluded.status, reply = excluded.reply, created_at = excluded.created_at`)
}

function withoutSecrets(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result
  const hidden = SECRET_FIELDS.filter((field) => field in result).map((field) => [field, null])
  return { ...result, ...Object.fromEntries(hidden) }
}
