import type { Idempotency } from '../../contracts/calls.ts'
import type { Tx } from '../client.ts'
import type { Writer } from './writer.ts'

/** Keeps the answer to a request in the transaction of its effect; a key past its time is taken over. */
export async function keepReply(
  to: Pick<Writer, 'org_id' | 'sql' | 'write'>,
  caller_id: string,
  { route, key, fingerprint }: Idempotency,
  reply: unknown,
): Promise<void> {
  await to.write(to.sql`
    insert into idempotency_keys (org_id, principal_id, route, key, fingerprint, status, reply, created_at)
    values (${to.org_id}, ${caller_id}, ${route}, ${key}, ${fingerprint}, 201, ${JSON.stringify(reply)}::text::jsonb, now())
    on conflict (org_id, principal_id, route, key) do update set
      fingerprint = excluded.fingerprint, status = excluded.status, reply = excluded.reply, created_at = excluded.created_at`)
}

/** Lets requests of one caller with the same key run one after another, until the end of the transaction. */
export async function lockKey(
  { sql }: Pick<Tx, 'sql'>,
  caller_id: string,
  { key }: Idempotency,
): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${caller_id} ${key}`}, 0))`
}
