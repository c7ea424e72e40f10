import { newId } from '../../src/contracts/ids.ts'
import { databaseOf, type TestServer } from './server.ts'

/** Puts a mail that failed into the database; it is about nothing, so that nothing comes of a resend. */
export async function failedEmail(
  server: Pick<TestServer, 'connection'>,
  slug: string,
  user_id: string,
): Promise<string> {
  const sql = databaseOf(server, 'app')
  const id = newId()
  try {
    const [org] = await sql<{ id: string }[]>`select id from auth_org(${slug})`
    const org_id = org!.id
    await sql.begin(async (tx) => {
      await tx`select set_config('app.current_org_id', ${org_id}, true)`
      await tx`
        insert into emails (org_id, id, user_id, kind, status, attempts, last_error)
        values (${org_id}, ${id}, ${user_id}, 'notification', 'failed', 1, '550 No such user')`
    })
  } finally {
    await sql.end({ timeout: 1 })
  }
  return id
}
