import { newId } from '../../src/contracts/ids.ts'
import { inOrg } from './in-org.ts'
import type { TestServer } from './server.ts'

/** Puts a mail that failed into the database; it is about nothing, so that nothing comes of a resend. */
export async function failedEmail(
  server: Pick<TestServer, 'connection'>,
  slug: string,
  user_id: string,
): Promise<string> {
  const id = newId()
  await inOrg(
    server,
    slug,
    (tx, org_id) => tx`
        insert into emails (org_id, id, user_id, kind, status, attempts, last_error)
        values (${org_id}, ${id}, ${user_id}, 'notification', 'failed', 1, '550 No such user')`,
  )
  return id
}
