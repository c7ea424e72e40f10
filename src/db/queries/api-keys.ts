import type { ApiKey } from '../../contracts/resources.ts'
import type { Tx } from '../client.ts'

/** Keys of a member, newest first; never the key itself. */
export async function listKeys({ sql }: Tx, org_id: string, user_id: string): Promise<ApiKey[]> {
  return await sql<ApiKey[]>`
    select id, prefix, created_at, last_used_at, expires_at, revoked_at from api_keys
    where org_id = ${org_id} and user_id = ${user_id} and kind = 'live' order by created_at desc, id`
}
