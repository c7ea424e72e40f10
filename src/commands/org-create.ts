import { ApiError } from '../contracts/errors.ts'
import { newId } from '../contracts/ids.ts'
import type { Channel, Org, User } from '../contracts/resources.ts'
import { DEFAULT_SETTINGS } from '../contracts/settings.ts'
import { type Database, OutcomeUnknown, type Sql } from '../db/client.ts'
import { readUser } from '../db/queries/users.ts'
import type { Idempotency } from '../domain/job.ts'
import { usernameFrom } from '../domain/messages.ts'
import { replayOf, type Stored } from './idempotency.ts'

export interface OrgCreateInput {
  name: string
  slug: string
  /** Who becomes its administrator. */
  founder: { user_id: string; display_name: string }
  /** Stored in the same transaction when the account is new (first set-up). */
  new_account?: { email: string; password_hash: string }
  /** Only while there is no account at all (first set-up); else 409 `ALREADY_SET_UP`. */
  only_when_empty?: boolean
}

/** Key of the lock that lets one first set-up through at a time. */
const SETUP_LOCK = 727_002

/**
 * Makes an org with its founder, its log and the channel `general`. It is not a command of a lane: before it commits
 * there is no org, and nobody else can write to it. Throws 409 `SLUG_TAKEN`, 503.
 */
export async function createOrg(
  database: Database,
  input: OrgCreateInput,
): Promise<{ org: Org; channel: Channel }> {
  const org_id = newId()
  return await refusals(database.withOrg(org_id, ({ sql }) => insertOrg(sql, org_id, input)))
}

/**
 * The same for a request with an `Idempotency-Key`: a repeat by the same founder is answered with the first org.
 * Throws 409 `IDEMPOTENCY_CONFLICT` as well.
 */
export async function createOrgOnce(
  database: Database,
  input: OrgCreateInput,
  idempotency: Idempotency,
): Promise<{ org: Org; replayed: boolean }> {
  const org_id = newId()
  const { user_id } = input.founder
  const { route, key, fingerprint } = idempotency
  const made = database.withOrg(org_id, async ({ sql }) => {
    // One at a time: a repeat that overtakes its original waits for it.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${user_id} ${key}`}, 0))`
    const [stored] = await sql<Stored[]>`
      select fingerprint, reply from auth_made_org(${user_id}, ${route}, ${key})`
    if (stored) return { org: replayOf(stored, idempotency).result as Org, replayed: true }
    const { org } = await insertOrg(sql, org_id, input)
    await sql`
      insert into idempotency_keys (org_id, principal_id, route, key, fingerprint, status, reply)
      values (${org_id}, ${user_id}, ${route}, ${key}, ${fingerprint}, 201, ${JSON.stringify(org)}::text::jsonb)`
    return { org, replayed: false }
  })
  return await refusals(made)
}

async function insertOrg(
  sql: Sql,
  org_id: string,
  input: OrgCreateInput,
): Promise<{ org: Org; channel: Channel }> {
  const channel_id = newId()
  const [clock] = await sql<{ now: string }[]>`select now() as now`
  const now = clock!.now
  const { founder, new_account } = input
  if (input.only_when_empty) {
    await sql`select pg_advisory_xact_lock(${SETUP_LOCK})`
    const [account] = await sql`select 1 from users limit 1`
    if (account) throw new ApiError('ALREADY_SET_UP', 'This server is set up already. Sign in.')
  }
  if (new_account)
    await sql`
      insert into users (id, type, email, display_name, password_hash, status, created_at, updated_at)
      values (${founder.user_id}, 'human', ${new_account.email}, ${founder.display_name}, ${new_account.password_hash},
              'active', ${now}, ${now})`
  await sql`
    insert into organizations (id, slug, name, status, settings, created_at, updated_at)
    values (${org_id}, ${input.slug}, ${input.name}, 'active', ${JSON.stringify(DEFAULT_SETTINGS)}::text::jsonb, ${now}, ${now})`
  await sql`
    insert into memberships (org_id, user_id, type, role, display_name, username, status, notification_preferences,
                             created_at, updated_at)
    values (${org_id}, ${founder.user_id}, 'human', 'administrator', ${founder.display_name},
            ${usernameFrom(founder.display_name)}, 'active', '{"email": "all"}'::jsonb, ${now}, ${now})`
  await sql`
    insert into channels (org_id, id, name, type, project_id, last_seq, created_at)
    values (${org_id}, ${channel_id}, 'general', 'org_wide', null, 0, ${now})`

  const user = await readUser({ sql }, org_id, founder.user_id)
  const org: Org = {
    id: org_id,
    slug: input.slug,
    name: input.name,
    status: 'active',
    deletion_at: null,
    role: 'administrator',
    settings: DEFAULT_SETTINGS,
    created_at: now,
    updated_at: now,
  }
  const channel: Channel = {
    id: channel_id,
    name: 'general',
    type: 'org_wide',
    project_id: null,
    last_seq: 0,
    read_seq: 0,
    unread_count: 0,
    mention_count: 0,
  }
  const events = firstEvents(org, user!, channel).map((event, i) => ({ ...event, sequence: i + 1 }))
  await sql`
    insert into org_heads (org_id, epoch, sequence, batch, log, updated_at)
    values (${org_id}, 0, ${events.length}, 0, ${newLogId()}, ${now})`
  await sql`
    insert into events (org_id, sequence, type, actor_id, actor_type, actor_name, project_ids, channel_id,
                        subject_ids, payload, created_at)
    select ${org_id}, sequence, type, ${founder.user_id}, 'human', ${founder.display_name}, '{}', channel_id,
           subject_ids, payload, ${now}
    from json_to_recordset(${JSON.stringify(events)}::text::json)
      as r(sequence bigint, type text, channel_id uuid, subject_ids uuid[], payload jsonb)`
  return { org, channel }
}

async function refusals<T>(made: Promise<T>): Promise<T> {
  try {
    return await made
  } catch (error) {
    if (isUniqueViolation(error))
      throw new ApiError('SLUG_TAKEN', 'This address is taken by another organization.')
    if (error instanceof OutcomeUnknown)
      throw new ApiError('OUTCOME_UNKNOWN', 'Whether this was stored is not known. Look, then try again.', {
        retry_after_s: 1,
      })
    throw error
  }
}

function firstEvents(org: Org, user: User, channel: Channel) {
  return [
    { type: 'org.created', channel_id: null, subject_ids: [], payload: { org } },
    { type: 'user.created', channel_id: null, subject_ids: [user.id], payload: { user } },
    { type: 'channel.created', channel_id: channel.id, subject_ids: [], payload: { channel } },
  ]
}

/** Short, random, readable in a cursor: tells one incarnation of a log from another. */
function newLogId(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789'
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => letters[byte % 32]).join('')
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505'
}
