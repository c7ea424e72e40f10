import type { Org } from '../../contracts/resources.ts'
import type { NewEvent } from '../../domain/log-event.ts'
import type { Sql } from '../client.ts'
import { users } from '../schema/global.ts'
import { org_heads, organizations } from '../schema/orgs.ts'
import { build, type Params, statement } from '../statement.ts'
import type { Writer } from './writer.ts'

const anyAccount = statement((_: Params<Record<never, never>>) =>
  build.select({ id: users.id }).from(users).limit(1),
)

const insert = statement(
  (p: Params<Pick<Org, 'id' | 'slug' | 'name' | 'status' | 'settings'> & { now: string }>) =>
    build.insert(organizations).values({
      id: p.id,
      slug: p.slug,
      name: p.name,
      status: p.status,
      settings: p.settings,
      created_at: p.now,
      updated_at: p.now,
    }),
)

const insertHead = statement((p: Params<{ org_id: string; sequence: number; log: string; now: string }>) =>
  build.insert(org_heads).values({
    org_id: p.org_id,
    epoch: 0,
    sequence: p.sequence,
    batch: 0,
    log: p.log,
    updated_at: p.now,
  }),
)

/** Key of the lock that lets one first set-up through at a time. */
const SETUP_LOCK = 727_002

/** A writer for the transaction in which an org is made: no lane owns the org yet. */
export async function newOrgWriter(sql: Sql, org_id: string): Promise<Writer> {
  const [clock] = await sql<{ now: string }[]>`select now() as now`
  if (!clock) throw new Error('now() answers one row')
  return { org_id, sql, now: clock.now, write: async (query) => await query }
}

/** Whether no account exists, while no other first set-up is under way: it holds until the end of the transaction. */
export async function lockEmptyServer({ sql }: Writer): Promise<boolean> {
  await sql`select pg_advisory_xact_lock(${SETUP_LOCK})`
  const accounts = await anyAccount(sql, {})
  return accounts.length === 0
}

export async function insertOrg({ sql, now }: Writer, org: Org): Promise<void> {
  const { id, slug, name, status, settings } = org
  await insert(sql, { id, slug, name, status, settings, now })
}

/** Starts the log of an org with its first events, and its head behind them. Text: the events are one statement. */
export async function startLog(
  { sql, org_id, now }: Writer,
  log: string,
  founder: { user_id: string; display_name: string },
  events: readonly NewEvent[],
): Promise<void> {
  const rows = events.map(({ type, channel_id = null, subject_ids = [], payload }, i) => ({
    sequence: i + 1,
    type,
    channel_id,
    subject_ids,
    payload,
  }))
  await insertHead(sql, { org_id, sequence: rows.length, log, now })
  await sql`
    insert into events (org_id, sequence, type, actor_id, actor_type, actor_name, project_ids, channel_id,
                        subject_ids, payload, created_at)
    select ${org_id}, sequence, type, ${founder.user_id}, 'human', ${founder.display_name}, '{}', channel_id,
           subject_ids, payload, ${now}
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(sequence bigint, type text, channel_id uuid, subject_ids uuid[], payload jsonb)`
}
