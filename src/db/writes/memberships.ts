import type { NotificationPreferences, User } from '../../contracts/resources.ts'
import type { Role } from '../../contracts/vocabulary.ts'
import type { Writer } from './writer.ts'

type NewMember = Pick<User, 'id' | 'type' | 'role' | 'display_name' | 'username' | 'identifier' | 'status'>

/** Stores a new membership with the default preferences. */
export async function insertMember(to: Writer, member: NewMember): Promise<void> {
  await to.write(to.sql`
    insert into memberships (org_id, user_id, type, role, display_name, username, identifier, status,
                             notification_preferences, created_at, updated_at)
    values (${to.org_id}, ${member.id}, ${member.type}, ${member.role}, ${member.display_name}, ${member.username},
            ${member.identifier ?? null}, ${member.status}, '{"email": "all"}'::jsonb, ${to.now}, ${to.now})`)
}

interface MemberFields {
  role: Role
  display_name: string
  notification_preferences: NotificationPreferences
}

export async function updateMember(to: Writer, user_id: string, fields: MemberFields): Promise<void> {
  await to.write(to.sql`
    update memberships set role = ${fields.role}, display_name = ${fields.display_name},
      notification_preferences = ${JSON.stringify(fields.notification_preferences)}::text::jsonb, updated_at = ${to.now}
    where org_id = ${to.org_id} and user_id = ${user_id}`)
}

/** An invited member becomes active under the name it chose. */
export async function activateMember(to: Writer, user_id: string, display_name: string): Promise<void> {
  await to.write(to.sql`
    update memberships set status = 'active', display_name = ${display_name}, updated_at = ${to.now}
    where org_id = ${to.org_id} and user_id = ${user_id}`)
}

/** Deletes a membership with everything that belongs to it; projects of the member lose their owner (see projects.ts). */
export async function deleteMember(to: Writer, user_id: string): Promise<void> {
  const { sql, org_id } = to
  await to.write(sql`
    with invited as (delete from invites where org_id = ${org_id} and user_id = ${user_id}),
      projects as (delete from project_users where org_id = ${org_id} and user_id = ${user_id}),
      tasks as (delete from task_assignees where org_id = ${org_id} and user_id = ${user_id}),
      subscribed as (delete from subscriptions where org_id = ${org_id} and user_id = ${user_id}),
      seen as (delete from channel_reads where org_id = ${org_id} and user_id = ${user_id})
    delete from memberships where org_id = ${org_id} and user_id = ${user_id}`)
}
