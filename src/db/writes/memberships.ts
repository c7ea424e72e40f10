import { and, eq, sql as text } from 'drizzle-orm'
import type { AgentClient, AgentCommand, NotificationPreferences, User } from '../../contracts/resources.ts'
import type { Role } from '../../contracts/vocabulary.ts'
import { memberships } from '../schema/orgs.ts'
import { build, given, inOrg, type Params, statement } from '../statement.ts'
import type { Writer } from './writer.ts'

type NewMember = Pick<
  User,
  'id' | 'type' | 'role' | 'display_name' | 'username' | 'identifier' | 'status'
> & {
  /** The account that acts as the member from the start; an invite has none. */
  account_id?: string
}

/** Until the member changes them. */
const DEFAULT_PREFERENCES: NotificationPreferences = { email: 'all' }

interface OfMember {
  org_id: string
  user_id: string
  now: string
}

interface MemberFields {
  role: Role
  username: string
  former_usernames: NonNullable<User['former_usernames']>
  display_name: string
  notification_preferences: NotificationPreferences
  /** The member sets its preferences with this change. */
  preference_chosen: boolean
}

const insert = statement(
  (
    p: Params<
      Omit<NewMember, 'id' | 'identifier' | 'account_id'> &
        OfMember & { identifier: string | null; account_id: string | null }
    >,
  ) =>
    build.insert(memberships).values({
      org_id: p.org_id,
      user_id: p.user_id,
      account_id: p.account_id,
      type: p.type,
      role: p.role,
      display_name: p.display_name,
      username: p.username,
      identifier: p.identifier,
      status: p.status,
      notification_preferences: DEFAULT_PREFERENCES,
      created_at: p.now,
      updated_at: p.now,
    }),
)

const update = statement((p: Params<OfMember & MemberFields>) =>
  build
    .update(memberships)
    .set({
      role: given(p.role),
      username: given(p.username),
      former_usernames: given(p.former_usernames),
      display_name: given(p.display_name),
      // Else the stored ones stay: those of a member who never chose are shown as the organization's default.
      notification_preferences: text`case when ${p.preference_chosen}::boolean then ${given(p.notification_preferences)} else ${memberships.notification_preferences} end`,
      preference_chosen: text`${memberships.preference_chosen} or ${p.preference_chosen}::boolean`,
      updated_at: given(p.now),
    })
    .where(and(inOrg(memberships.org_id, p.org_id), eq(memberships.user_id, p.user_id))),
)

const setCommandsOf = statement((p: Params<OfMember & { commands: AgentCommand[] }>) =>
  build
    .update(memberships)
    .set({ commands: given(p.commands), updated_at: given(p.now) })
    .where(and(inOrg(memberships.org_id, p.org_id), eq(memberships.user_id, p.user_id))),
)

const setClientOf = statement((p: Params<OfMember & { client: AgentClient }>) =>
  build
    .update(memberships)
    .set({ client: given(p.client), updated_at: given(p.now) })
    .where(and(inOrg(memberships.org_id, p.org_id), eq(memberships.user_id, p.user_id))),
)

const activate = statement((p: Params<OfMember & { display_name: string; account_id: string }>) =>
  build
    .update(memberships)
    .set({
      status: 'active',
      display_name: given(p.display_name),
      account_id: given(p.account_id),
      // Not the time of the batch: sessions carry the clock of the database.
      account_since: text`now()`,
      updated_at: given(p.now),
    })
    .where(and(inOrg(memberships.org_id, p.org_id), eq(memberships.user_id, p.user_id))),
)

/** Stores a new membership with the default preferences. */
export async function insertMember(to: Writer, member: NewMember): Promise<void> {
  const { id: user_id, account_id = null, identifier = null, ...fields } = member
  const { type, role, display_name, username, status } = fields
  const { org_id, now } = to
  await to.write(
    insert(to.sql, {
      org_id,
      user_id,
      account_id,
      identifier,
      type,
      role,
      display_name,
      username,
      status,
      now,
    }),
  )
}

/** Stores what may change of a member. */
export async function updateMember(
  to: Writer,
  user: User,
  { preference_chosen }: Pick<MemberFields, 'preference_chosen'>,
): Promise<void> {
  const { id: user_id, role, username, former_usernames = [], display_name, notification_preferences } = user
  const { org_id, now } = to
  const fields = {
    role,
    username,
    former_usernames,
    display_name,
    notification_preferences,
    preference_chosen,
  }
  await to.write(update(to.sql, { org_id, user_id, ...fields, now }))
}

/** Replaces the commands of an agent. */
export async function setCommands(to: Writer, user_id: string, commands: AgentCommand[]): Promise<void> {
  await to.write(setCommandsOf(to.sql, { org_id: to.org_id, user_id, commands, now: to.now }))
}

/** Stores what the client of an agent reported. */
export async function setClient(to: Writer, user_id: string, client: AgentClient): Promise<void> {
  await to.write(setClientOf(to.sql, { org_id: to.org_id, user_id, client, now: to.now }))
}

/** An invited member becomes active under the name it chose; the account acts as the member from now on. */
export async function activateMember(
  to: Writer,
  member: { user_id: string; display_name: string; account_id: string },
): Promise<void> {
  await to.write(activate(to.sql, { ...member, org_id: to.org_id, now: to.now }))
}

/**
 * Deletes a membership with everything that belongs to it; projects of the member lose their owner (see projects.ts).
 * Text: six tables in one round trip.
 */
export async function deleteMember(to: Writer, user_id: string): Promise<void> {
  const { sql, org_id } = to
  await to.write(sql`
    with invited as (delete from invites where org_id = ${org_id} and user_id = ${user_id}),
      projects as (delete from project_users where org_id = ${org_id} and user_id = ${user_id}),
      tasks as (delete from task_assignees where org_id = ${org_id} and user_id = ${user_id}),
      subscribed as (delete from subscriptions where org_id = ${org_id} and user_id = ${user_id}),
      seen as (delete from channel_reads where org_id = ${org_id} and user_id = ${user_id}),
      told as (delete from notifications where org_id = ${org_id} and user_id = ${user_id})
    delete from memberships where org_id = ${org_id} and user_id = ${user_id}`)
}
