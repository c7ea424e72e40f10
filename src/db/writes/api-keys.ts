import { and, eq, gt, isNull, sql as text } from 'drizzle-orm'
import type { NewKey } from '../../contracts/commands.ts'
import { api_keys } from '../schema/work.ts'
import { build, given, inOrg, type Params, statement } from '../statement.ts'
import type { Writer } from './writer.ts'

/** A key with the time it ends. */
export interface EndingKey {
  id: string
  ends_at: string
}

interface OfUser {
  org_id: string
  user_id: string
  now: string
}

const endsAt = (column: typeof api_keys.expires_at | typeof api_keys.revoked_at) =>
  text<string>`${column}`.as('ends_at')

const insert = statement((p: Params<NewKey & OfUser>) =>
  build.insert(api_keys).values({
    org_id: p.org_id,
    id: p.id,
    key_id: p.key_id,
    kind: 'live',
    user_id: p.user_id,
    prefix: p.prefix,
    bcrypt_hash: p.bcrypt_hash,
    hmac: p.hmac,
    created_at: p.now,
  }),
)

const expire = statement((p: Params<OfUser & { grace_hours: number }>) =>
  build
    .update(api_keys)
    .set({
      expires_at: text`least(coalesce(${api_keys.expires_at}, 'infinity'), ${p.now}::timestamptz +
        case when ${p.grace_hours}::int = 0 then interval '-1 s' else make_interval(hours => ${p.grace_hours}::int) end)`,
    })
    .where(
      and(
        inOrg(api_keys.org_id, p.org_id),
        eq(api_keys.user_id, p.user_id),
        eq(api_keys.kind, 'live'),
        isNull(api_keys.revoked_at),
        gt(text`coalesce(${api_keys.expires_at}, 'infinity')`, p.now),
      ),
    )
    .returning({ id: api_keys.id, ends_at: endsAt(api_keys.expires_at) }),
)

const revoke = statement((p: Params<OfUser>) =>
  build
    .update(api_keys)
    .set({ revoked_at: given(p.now) })
    .where(
      and(inOrg(api_keys.org_id, p.org_id), eq(api_keys.user_id, p.user_id), isNull(api_keys.revoked_at)),
    )
    .returning({ id: api_keys.id, ends_at: endsAt(api_keys.revoked_at) }),
)

const remind = statement((p: Params<{ org_id: string; ids: string[]; days: number; now: string }>) =>
  build
    .update(api_keys)
    .set({ reminded_at: given(p.now) })
    .where(
      and(
        inOrg(api_keys.org_id, p.org_id),
        text`${api_keys.id} = any(${p.ids}::uuid[])`,
        eq(api_keys.kind, 'live'),
        isNull(api_keys.revoked_at),
        isNull(api_keys.expires_at),
        text`coalesce(${api_keys.reminded_at}, ${api_keys.created_at}) <= ${p.now}::timestamptz - make_interval(days => ${p.days}::int)`,
      ),
    )
    .returning({
      id: api_keys.id,
      user_id: api_keys.user_id,
      prefix: api_keys.prefix,
      created_at: api_keys.created_at,
    }),
)

export async function insertKey(to: Writer, user_id: string, key: NewKey): Promise<void> {
  await to.write(insert(to.sql, { ...key, org_id: to.org_id, user_id, now: to.now }))
}

/**
 * Lets the live keys of a user expire after `grace_hours`; a key that expires earlier keeps its time. Without grace they
 * ended a second ago: the clock of the batch may be ahead of a node's, and the keys must be dead at once.
 */
export async function expireKeys(to: Writer, user_id: string, grace_hours: number): Promise<EndingKey[]> {
  return await to.write(expire(to.sql, { org_id: to.org_id, user_id, grace_hours, now: to.now }))
}

/** Revokes every key of a user now. */
export async function revokeKeys(to: Writer, user_id: string): Promise<EndingKey[]> {
  return await to.write(revoke(to.sql, { org_id: to.org_id, user_id, now: to.now }))
}

/** Notes that administrators are told now of live keys that are `days` old, or whose last reminder is; returns those keys. */
export async function remindOfKeys(
  to: Writer,
  ids: string[],
  days: number,
): Promise<{ id: string; user_id: string; prefix: string; created_at: string }[]> {
  return await to.write(remind(to.sql, { org_id: to.org_id, ids, days, now: to.now }))
}
