import type { Subscriptions } from '../../contracts/requests.ts'
import type { Database, OneReader, Tx } from '../client.ts'

/** What a user subscribed to; everything by default. */
export async function readSubscriptions(
  database: Database,
  org_id: string,
  user_id: string,
): Promise<Subscriptions> {
  const [row] = await database.readOne<Subscriptions>(
    org_id,
    (sql, org) => sql`select mode, topics from subscriptions where org_id = ${org} and user_id = ${user_id}`,
  )
  return row ?? { mode: 'all', topics: [] }
}

/** The same for several users at once; those that never chose are left out. */
export async function subscriptionsOf(
  database: OneReader,
  org_id: string,
  user_ids: readonly string[],
): Promise<Map<string, Subscriptions>> {
  const rows = await database.readOne(
    org_id,
    (sql, org) => sql<(Subscriptions & { user_id: string })[]>`
      select user_id, mode, topics from subscriptions
      where org_id = ${org} and user_id = any(${[...user_ids]}::uuid[])`,
  )
  return new Map(rows.map(({ user_id, ...subscriptions }) => [user_id, subscriptions]))
}

export async function writeSubscriptions(
  { sql }: Tx,
  org_id: string,
  user_id: string,
  wanted: Subscriptions,
): Promise<void> {
  await sql`
    insert into subscriptions (org_id, user_id, mode, topics, updated_at)
    values (${org_id}, ${user_id}, ${wanted.mode}, ${JSON.stringify(wanted.topics)}::text::jsonb, now())
    on conflict (org_id, user_id) do update set mode = excluded.mode, topics = excluded.topics, updated_at = excluded.updated_at`
}
