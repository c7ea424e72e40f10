import type { Idempotency } from '../contracts/calls.ts'
import { ApiError } from '../contracts/errors.ts'
import { newId } from '../contracts/ids.ts'
import { newLogId } from '../contracts/log-id.ts'
import type { Channel, Org, User } from '../contracts/resources.ts'
import { DEFAULT_SETTINGS } from '../contracts/settings.ts'
import type { Database, Sql } from '../db/client.ts'
import { isUniqueViolation } from '../db/failures.ts'
import { readMadeOrg } from '../db/queries/idempotency-keys.ts'
import { readUser } from '../db/queries/users.ts'
import { insertAccount } from '../db/writes/accounts.ts'
import { insertChannel } from '../db/writes/channels.ts'
import { keepReply, lockKey } from '../db/writes/idempotency-keys.ts'
import { insertMember } from '../db/writes/memberships.ts'
import { insertOrg, lockEmptyServer, newOrgWriter, startLog } from '../db/writes/new-org.ts'
import { newChannel } from '../domain/channels.ts'
import type { NewEvent } from '../domain/log-event.ts'
import { checkNotReserved, NameIndex } from '../domain/names.ts'
import { freeUsername } from '../domain/usernames.ts'
import { replayOf } from './idempotency.ts'

export interface OrgCreateInput {
  name: string
  slug: string
  /** The first administrator. */
  founder: { user_id: string; display_name: string }
  /** Stored in the same transaction when the account is new (first set-up). */
  new_account?: { email: string; password_hash: string }
  /** Only while there is no account at all (first set-up); else 409 `ALREADY_SET_UP`. */
  only_when_empty?: boolean
}

/**
 * Creates an org with its founder, its log and the channel `general`. Runs outside of the lanes: before COMMIT the org
 * is invisible, so no concurrent writer exists. Throws 409 `SLUG_TAKEN`, 503.
 */
export async function createOrg(
  database: Database,
  input: OrgCreateInput,
): Promise<{ org: Org; channel: Channel }> {
  const org_id = newId()
  return await refusals(database.withOrg(org_id, ({ sql }) => insertAll(sql, org_id, input)))
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
  const made = database.withOrg(org_id, async ({ sql }) => {
    await lockKey({ sql }, user_id, idempotency)
    const kept = await readMadeOrg({ sql }, user_id, idempotency)
    if (kept) return { org: replayOf(kept, idempotency).result as Org, replayed: true }
    const { org } = await insertAll(sql, org_id, input)
    await keepReply(await newOrgWriter(sql, org_id), user_id, idempotency, org)
    return { org, replayed: false }
  })
  return await refusals(made)
}

async function insertAll(
  sql: Sql,
  org_id: string,
  input: OrgCreateInput,
): Promise<{ org: Org; channel: Channel }> {
  checkNotReserved(input.name)
  checkNotReserved(input.founder.display_name)
  const writer = await newOrgWriter(sql, org_id)
  const { founder, new_account } = input
  if (input.only_when_empty && !(await lockEmptyServer(writer)))
    throw new ApiError('ALREADY_SET_UP', 'This server is set up already. Sign in.')
  if (new_account) {
    const { user_id: id, display_name } = founder
    await insertAccount(writer, {
      id,
      display_name,
      ...new_account,
      type: 'human',
      status: 'active',
      email_proved: true,
    })
  }
  const org: Org = {
    id: org_id,
    slug: input.slug,
    name: input.name,
    status: 'active',
    deletion_at: null,
    role: 'administrator',
    settings: DEFAULT_SETTINGS,
    created_at: writer.now,
    updated_at: writer.now,
  }
  await insertOrg(writer, org)
  await insertMember(writer, {
    id: founder.user_id,
    account_id: founder.user_id,
    type: 'human',
    role: 'administrator',
    display_name: founder.display_name,
    username: freeUsername(new NameIndex(), [founder.display_name]),
    status: 'active',
  })
  const channel = newChannel({ id: newId(), name: 'general', type: 'org_wide', project_id: null })
  await insertChannel(writer, channel)
  const user = await readUser(writer, org_id, founder.user_id)
  if (!user) throw new Error('unreachable: the founder was just stored')
  await startLog(writer, newLogId(), founder, firstEvents(org, user, channel))
  return { org, channel }
}

async function refusals<T>(made: Promise<T>): Promise<T> {
  try {
    return await made
  } catch (error) {
    if (isUniqueViolation(error))
      throw new ApiError('SLUG_TAKEN', 'This address is taken by another organization.')
    throw error
  }
}

function firstEvents(org: Org, user: User, channel: Channel): NewEvent[] {
  return [
    { type: 'org.created', payload: { org } },
    { type: 'user.created', subject_ids: [user.id], payload: { user } },
    { type: 'channel.created', channel_id: channel.id, payload: { channel } },
  ]
}
