import { hashScimToken } from '../../src/auth/scim-tokens.ts'
import { newId } from '../../src/contracts/ids.ts'
import { inOrg } from './in-org.ts'
import type { TestServer } from './server.ts'

/** Puts the token of a provider into the database, also of an organization that takes no new ones; nobody knows the token. */
export async function scimToken(
  server: Pick<TestServer, 'connection'>,
  slug: string,
  created_by: string,
): Promise<string> {
  const id = newId()
  await inOrg(
    server,
    slug,
    (tx, org_id) => tx`
        insert into scim_tokens (org_id, id, name, prefix, token_hash, created_by)
        values (${org_id}, ${id}, 'Directory', 'mc_scim_0000000', ${hashScimToken(id)}, ${created_by})`,
  )
  return id
}
