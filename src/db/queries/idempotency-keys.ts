import type { Idempotency } from '../../contracts/calls.ts'
import type { OneReader, OrgRef, Sql, Tx } from '../client.ts'

/** How long the answer to an `Idempotency-Key` is kept. */
export const IDEMPOTENCY_HOURS = 24

/** The answer to the first request with a key, and the hash of that request's body. */
export interface KeptReply {
  fingerprint: string
  reply: unknown
}

function keptReply(sql: Sql, org: OrgRef, caller_id: string, { route, key }: Idempotency) {
  return sql<KeptReply[]>`
    select fingerprint, reply from idempotency_keys
    where org_id = ${org} and principal_id = ${caller_id} and route = ${route}
      and key = ${key} and created_at > now() - make_interval(hours => ${IDEMPOTENCY_HOURS})`
}

export async function readReply(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  caller_id: string,
  idempotency: Idempotency,
): Promise<KeptReply | undefined> {
  const [kept] = await keptReply(sql, org_id, caller_id, idempotency)
  return kept
}

export async function findReply(
  database: OneReader,
  org_id: string,
  caller_id: string,
  idempotency: Idempotency,
): Promise<KeptReply | undefined> {
  const [kept] = await database.readOne<KeptReply>(org_id, (sql, org) =>
    keptReply(sql, org, caller_id, idempotency),
  )
  return kept
}

/** The answer to a request that made an org: the org is not known to a repeat, only the user who made it. */
export async function readMadeOrg(
  { sql }: Pick<Tx, 'sql'>,
  user_id: string,
  { route, key }: Idempotency,
): Promise<KeptReply | undefined> {
  const [kept] = await sql<KeptReply[]>`
    select fingerprint, reply from auth_made_org(${user_id}, ${route}, ${key})`
  return kept
}
