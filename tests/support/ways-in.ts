import { newId } from '../../src/contracts/ids.ts'
import type { Person } from './client.ts'
import { databaseOf, type TestServer } from './server.ts'

/** Gives the account of a person an identity at a provider and a passkey, which open nothing in tests. */
export async function addWaysIn(server: TestServer, person: Person): Promise<void> {
  const { body } = await person.call<{ user: { id: string } }>('GET', '/auth/me')
  const account_id = body.user.id
  const sql = databaseOf(server)
  await sql`insert into identities (id, provider, issuer, subject, user_id)
    values (${newId()}, 'github', 'https://github.com', ${newId()}, ${account_id})`
  await sql`insert into passkeys (id, account_id, credential_id, public_key, counter, name, synced)
    values (${newId()}, ${account_id}, ${newId()}, 'key', 0, 'Phone', false)`
  await sql.end()
}
