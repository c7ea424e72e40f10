import { sql as text } from 'drizzle-orm'
import type { Idempotency } from '../../contracts/calls.ts'
import type { Tx } from '../client.ts'
import { idempotency_keys } from '../schema/orgs.ts'
import { build, type Params, statement } from '../statement.ts'
import type { Writer } from './writer.ts'

/** Status of every answer that is kept: only creations take a key. */
const CREATED = 201

const keep = statement((p: Params<Idempotency & { org_id: string; caller_id: string; reply: unknown }>) =>
  build
    .insert(idempotency_keys)
    .values({
      org_id: p.org_id,
      principal_id: p.caller_id,
      route: p.route,
      key: p.key,
      fingerprint: p.fingerprint,
      status: CREATED,
      reply: p.reply,
    })
    .onConflictDoUpdate({
      target: [
        idempotency_keys.org_id,
        idempotency_keys.principal_id,
        idempotency_keys.route,
        idempotency_keys.key,
      ],
      set: {
        fingerprint: text`excluded.fingerprint`,
        status: text`excluded.status`,
        reply: text`excluded.reply`,
        created_at: text`excluded.created_at`,
      },
    }),
)

/** Keeps the answer to a request in the transaction of its effect; a key past its time is taken over. */
export async function keepReply(
  to: Pick<Writer, 'org_id' | 'sql' | 'write'>,
  caller_id: string,
  { route, key, fingerprint }: Idempotency,
  reply: unknown,
): Promise<void> {
  await to.write(keep(to.sql, { org_id: to.org_id, caller_id, route, key, fingerprint, reply }))
}

/** Lets requests of one caller with the same key run one after another, until the end of the transaction. */
export async function lockKey(
  { sql }: Pick<Tx, 'sql'>,
  caller_id: string,
  { key }: Idempotency,
): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${caller_id} ${key}`}, 0))`
}
