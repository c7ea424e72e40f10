import type { Page } from '../../contracts/lists.ts'
import type { ApiKey } from '../../contracts/resources.ts'
import type { OneReader } from '../client.ts'
import { type PageRequest, readPage } from './pages.ts'

/** Keys of a member, newest first; never the key itself. */
export async function listKeys(
  database: OneReader,
  org_id: string,
  user_id: string,
  request: PageRequest,
): Promise<Page<ApiKey>> {
  return await readPage<ApiKey>(database, org_id, request, {
    matching: (sql, org) => sql`
      select k.id, k.created_at from api_keys k
      where k.org_id = ${org} and k.user_id = ${user_id} and k.kind = 'live'`,
    order: (sql) => sql`m.created_at desc, m.id desc`,
    rows: (sql, org) => sql`
      select x.id, x.prefix, x.created_at, x.last_used_at, x.expires_at, x.revoked_at from api_keys x
      where x.org_id = ${org}`,
  })
}
