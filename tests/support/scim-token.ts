import { hashScimToken } from '../../src/auth/scim-tokens.ts'
import { newId } from '../../src/contracts/ids.ts'
import { databaseOf, type TestServer } from './server.ts'

/** Puts the token of a provider into the database, also of an organization that takes no new ones; nobody knows the token. */
export async function scimToken(
  server: Pick<TestServer, 'connection'>,
  slug: string,
  created_by: string,
): Promise<string> {
  const sql = databaseOf(server, 'app')
  const id = newId()
  try {
    const [org] = await sql<{ id: string }[]>`select id from auth_org(${slug})`
    const org_id = org!.id
    await sql.begin(async (tx) => {
      await tx`select set_config('app.current_org_id', ${org_id}, true)`
      await tx`
        insert into scim_tokens (org_id, id, name, prefix, token_hash, created_by)
        values (${org_id}, ${id}, 'Directory', 'mc_scim_0000000', ${hashScimToken(id)}, ${created_by})`
    })
  } finally {
    await sql.end({ timeout: 1 })
  }
  return id
}
