import { and, eq, sql as text } from 'drizzle-orm'
import type { Subscriptions } from '../../contracts/requests.ts'
import type { Database, OneReader, OrgRef, Tx } from '../client.ts'
import { subscriptions } from '../schema/orgs.ts'
import { anyOf, build, inOrg, type Params, statement } from '../statement.ts'

const ofUser = statement((p: Params<{ org: OrgRef; user_id: string }>) =>
  build
    .select({ mode: subscriptions.mode, topics: subscriptions.topics })
    .from(subscriptions)
    .where(and(inOrg(subscriptions.org_id, p.org), eq(subscriptions.user_id, p.user_id))),
)

const ofUsers = statement((p: Params<{ org: OrgRef; user_ids: readonly string[] }>) =>
  build
    .select({ user_id: subscriptions.user_id, mode: subscriptions.mode, topics: subscriptions.topics })
    .from(subscriptions)
    .where(and(inOrg(subscriptions.org_id, p.org), anyOf(subscriptions.user_id, p.user_ids))),
)

const store = statement((p: Params<Subscriptions & { org_id: string; user_id: string }>) =>
  build
    .insert(subscriptions)
    .values({ org_id: p.org_id, user_id: p.user_id, mode: p.mode, topics: p.topics })
    .onConflictDoUpdate({
      target: [subscriptions.org_id, subscriptions.user_id],
      set: {
        mode: text`excluded.mode`,
        topics: text`excluded.topics`,
        updated_at: text`excluded.updated_at`,
      },
    }),
)

/** A user's subscription; all events by default. */
export async function readSubscriptions(
  database: Database,
  org_id: string,
  user_id: string,
): Promise<Subscriptions> {
  const [row] = await database.readOne(org_id, (sql, org) => ofUser(sql, { org, user_id }))
  return row ?? { mode: 'all', topics: [] }
}

/** Subscriptions of several users; users without one are omitted. */
export async function subscriptionsOf(
  database: OneReader,
  org_id: string,
  user_ids: readonly string[],
): Promise<Map<string, Subscriptions>> {
  const rows = await database.readOne(org_id, (sql, org) => ofUsers(sql, { org, user_ids }))
  return new Map(rows.map(({ user_id, mode, topics }) => [user_id, { mode, topics }]))
}

export async function writeSubscriptions(
  { sql }: Tx,
  org_id: string,
  user_id: string,
  { mode, topics }: Subscriptions,
): Promise<void> {
  await store(sql, { org_id, user_id, mode, topics })
}
