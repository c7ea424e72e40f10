import { generateApiKey, hashKey } from '../../src/auth/api-keys.ts'
import { loadSecrets } from '../../src/auth/secrets.ts'
import { newId } from '../../src/contracts/ids.ts'
import { databaseOf, type TestServer } from './server.ts'

/**
 * Puts a sub-agent for a task and its key straight into the database. A server that has the org open does not know of
 * it before it starts again.
 */
export async function insertSubAgent(
  server: Pick<TestServer, 'data_dir' | 'connection'>,
  org_slug: string,
  { task_id, created_by }: { task_id: string; created_by: string },
): Promise<{ id: string; key: string }> {
  const sql = databaseOf(server)
  const { pepper } = loadSecrets({ data_dir: server.data_dir })
  const { key, key_id, prefix } = generateApiKey('tmp')
  const { bcrypt_hash, hmac } = await hashKey(key, pepper)
  const id = newId()
  try {
    await sql.begin(async (tx) => {
      const [org] = await tx<{ id: string }[]>`select id from organizations where slug = ${org_slug}`
      if (!org) throw new Error(`no org ${org_slug}`)
      await tx`
        insert into sub_agents (org_id, id, task_id, model, instructions, status, created_by, expires_at)
        values (${org.id}, ${id}, ${task_id}, 'model', 'Do it.', 'active', ${created_by}, now() + interval '1 hour')`
      await tx`
        insert into api_keys (org_id, id, key_id, kind, user_id, sub_agent_id, prefix, bcrypt_hash, hmac)
        values (${org.id}, ${newId()}, ${key_id}, 'tmp', ${created_by}, ${id}, ${prefix}, ${bcrypt_hash}, ${hmac})`
    })
  } finally {
    await sql.end({ timeout: 1 })
  }
  return { id, key }
}
