import type { Writer } from './writer.ts'

/** A new key as it is stored: hashes only, never the key itself. */
export interface NewKey {
  id: string
  key_id: string
  prefix: string
  bcrypt_hash: string
  hmac: string
}

/** A key with the time it ends. */
export interface EndingKey {
  id: string
  ends_at: string
}

export async function insertKey(to: Writer, user_id: string, key: NewKey): Promise<void> {
  await to.write(to.sql`
    insert into api_keys (org_id, id, key_id, kind, user_id, prefix, bcrypt_hash, hmac, created_at)
    values (${to.org_id}, ${key.id}, ${key.key_id}, 'live', ${user_id}, ${key.prefix}, ${key.bcrypt_hash},
            ${key.hmac}, ${to.now})`)
}

/** Lets the live keys of a user expire after `grace_hours`; a key that expires earlier keeps its time. */
export async function expireKeys(to: Writer, user_id: string, grace_hours: number): Promise<EndingKey[]> {
  return await to.write(to.sql<EndingKey[]>`
    update api_keys set expires_at = least(coalesce(expires_at, 'infinity'), ${to.now}::timestamptz + make_interval(hours => ${grace_hours}))
    where org_id = ${to.org_id} and user_id = ${user_id} and kind = 'live' and revoked_at is null
      and coalesce(expires_at, 'infinity') > ${to.now}
    returning id, expires_at as ends_at`)
}

/** Revokes every key of a user now. */
export async function revokeKeys(to: Writer, user_id: string): Promise<EndingKey[]> {
  return await to.write(to.sql<EndingKey[]>`
    update api_keys set revoked_at = ${to.now}
    where org_id = ${to.org_id} and user_id = ${user_id} and revoked_at is null
    returning id, revoked_at as ends_at`)
}
