import { ApiError } from '../contracts/errors.ts'
import type { OneReader, OrgRef, Sql, Tx } from '../db/client.ts'
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

function storedAnswer(sql: Sql, org: OrgRef, caller_id: string, { route, key }: Idempotency) {
  return sql<Stored[]>`
    select fingerprint, reply from idempotency_keys
    where org_id = ${org} and principal_id = ${caller_id} and route = ${route}
      and key = ${key} and created_at > now() - make_interval(hours => ${IDEMPOTENCY_HOURS})`
}

/** The first answer to the same key by the same caller on the same route; another body is 409. */
export async function recalledRequest(job: Job, context: BatchContext): Promise<Reply | undefined> {
  const { idempotency, caller } = job
  if (!idempotency || caller.id === null) return undefined
  const [found] = await storedAnswer(context.sql, context.org_id, caller.id, idempotency)
  return found && replayOf(found, idempotency)
}

/** The same outside of the lane: for a request that is refused unless it is a repeat. */
export async function recallRequest(
  database: OneReader,
  org_id: string,
  caller_id: string,
  idempotency: Idempotency,
): Promise<Reply | undefined> {
  const [found] = await database.readOne<Stored>(org_id, (sql, org) =>
    storedAnswer(sql, org, caller_id, idempotency),
  )
  return found && replayOf(found, idempotency)
}

/**
 * Runs once for one key what is no command of the lane, and keeps its answer in the same transaction. Two at once are
 * carried out one after another.
 */
export async function once(
  { sql }: Tx,
  org_id: string,
  caller_id: string,
  idempotency: Idempotency | undefined,
  run: () => Promise<unknown>,
): Promise<Reply> {
  if (!idempotency) return { result: await run(), replayed: false }
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${caller_id} ${idempotency.key}`}, 0))`
  const [found] = await storedAnswer(sql, org_id, caller_id, idempotency)
  if (found) return replayOf(found, idempotency)
  const result = await run()
  await keep(sql, org_id, caller_id, idempotency, result)
  return { result, replayed: false }
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
  await context.write(keep(context.sql, context.org_id, caller.id, idempotency, reply.result))
}

/** A key that is older than a day is taken over. */
function keep(sql: Sql, org_id: string, caller_id: string, idempotency: Idempotency, result: unknown) {
  const { route, key, fingerprint } = idempotency
  return sql`
    insert into idempotency_keys (org_id, principal_id, route, key, fingerprint, status, reply, created_at)
    values (${org_id}, ${caller_id}, ${route}, ${key}, ${fingerprint}, 201,
            ${JSON.stringify(withoutSecrets(result))}::text::jsonb, now())
    on conflict (org_id, principal_id, route, key) do update set
      fingerprint = excluded.fingerprint, status = excluded.status, reply = excluded.reply, created_at = excluded.created_at`
}

function withoutSecrets(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result
  const hidden = SECRET_FIELDS.filter((field) => field in result).map((field) => [field, null])
  return { ...result, ...Object.fromEntries(hidden) }
}
