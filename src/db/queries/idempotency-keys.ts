import { and, eq, gt, sql as text } from 'drizzle-orm'
import type { Idempotency } from '../../contracts/calls.ts'
import type { OneReader, OrgRef, Tx } from '../client.ts'
import { idempotency_keys } from '../schema/orgs.ts'
import { build, inOrg, type Params, statement } from '../statement.ts'

/** How long the answer to an `Idempotency-Key` is kept. */
export const IDEMPOTENCY_HOURS = 24

/** The answer to the first request with a key, and the hash of that request's body. */
export type KeptReply = Pick<typeof idempotency_keys.$inferSelect, 'fingerprint' | 'reply'>

const keptReply = statement((p: Params<{ org: OrgRef; caller_id: string; route: string; key: string }>) =>
  build
    .select({ fingerprint: idempotency_keys.fingerprint, reply: idempotency_keys.reply })
    .from(idempotency_keys)
    .where(
      and(
        inOrg(idempotency_keys.org_id, p.org),
        eq(idempotency_keys.principal_id, p.caller_id),
        eq(idempotency_keys.route, p.route),
        eq(idempotency_keys.key, p.key),
        gt(
          idempotency_keys.created_at,
          text`now() - make_interval(hours => ${text.raw(String(IDEMPOTENCY_HOURS))})`,
        ),
      ),
    ),
)

export async function readReply(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  caller_id: string,
  { route, key }: Idempotency,
): Promise<KeptReply | undefined> {
  const [kept] = await keptReply(sql, { org: org_id, caller_id, route, key })
  return kept
}

export async function findReply(
  database: OneReader,
  org_id: string,
  caller_id: string,
  { route, key }: Idempotency,
): Promise<KeptReply | undefined> {
  const [kept] = await database.readOne(org_id, (sql, org) => keptReply(sql, { org, caller_id, route, key }))
  return kept
}

/**
 * The answer to a request that made an org. Text: a repeat knows only the user who made it, and no org is in scope, so a
 * function that bypasses row-level security looks it up.
 */
export async function readMadeOrg(
  { sql }: Pick<Tx, 'sql'>,
  user_id: string,
  { route, key }: Idempotency,
): Promise<KeptReply | undefined> {
  const [kept] = await sql<KeptReply[]>`
    select fingerprint, reply from auth_made_org(${user_id}, ${route}, ${key})`
  return kept
}
