import type { Org } from '../../contracts/resources.ts'
import type { NewEvent } from '../../domain/log-event.ts'
import type { Sql } from '../client.ts'
import type { Writer } from './writer.ts'

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
  const [account] = await sql`select 1 from users limit 1`
  return account === undefined
}

export async function insertOrg({ sql, now }: Writer, org: Org): Promise<void> {
  await sql`
    insert into organizations (id, slug, name, status, settings, created_at, updated_at)
    values (${org.id}, ${org.slug}, ${org.name}, ${org.status}, ${JSON.stringify(org.settings)}::text::jsonb, ${now}, ${now})`
}

/** Starts the log of an org with its first events, and its head behind them. */
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
  await sql`
    insert into org_heads (org_id, epoch, sequence, batch, log, updated_at)
    values (${org_id}, 0, ${rows.length}, 0, ${log}, ${now})`
  await sql`
    insert into events (org_id, sequence, type, actor_id, actor_type, actor_name, project_ids, channel_id,
                        subject_ids, payload, created_at)
    select ${org_id}, sequence, type, ${founder.user_id}, 'human', ${founder.display_name}, '{}', channel_id,
           subject_ids, payload, ${now}
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as r(sequence bigint, type text, channel_id uuid, subject_ids uuid[], payload jsonb)`
}
