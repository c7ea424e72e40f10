import type postgres from 'postgres'
import { databaseOf, type TestServer } from './server.ts'

/** Runs `change` in a transaction of an organization, as the role of the server: row-level security holds. */
export async function inOrg(
  server: Pick<TestServer, 'connection'>,
  slug: string,
  change: (tx: postgres.TransactionSql, org_id: string) => Promise<unknown>,
): Promise<void> {
  const sql = databaseOf(server, 'app')
  try {
    const [org] = await sql<{ id: string }[]>`select id from auth_org(${slug})`
    const org_id = org!.id
    await sql.begin(async (tx) => {
      await tx`select set_config('app.current_org_id', ${org_id}, true)`
      await change(tx, org_id)
    })
  } finally {
    await sql.end({ timeout: 1 })
  }
}
