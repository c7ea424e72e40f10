import { ApiError, notFound } from '../contracts/errors.ts'
import type { UserPatch } from '../contracts/requests.ts'
import type { User } from '../contracts/resources.ts'
import { readProject } from '../db/queries/projects.ts'
import { readUser } from '../db/queries/users.ts'
import type { NewEvent } from '../domain/log-event.ts'
import type { Permissions } from '../domain/permissions.ts'
import type { Command, CommandContext } from './command.ts'

/** Role by an administrator; name and preferences by the user itself (or an administrator for the name). */
export const userUpdate: Command<{ user_id: string; patch: UserPatch }, User> = {
  name: 'user.update',
  action: 'user.update',
  async run(context, { user_id, patch }, caller) {
    const before = await readUser(context, context.org_id, user_id)
    if (!before) throw notFound('user')
    const administrator =
      caller.id !== null && context.permissions.member(caller.id)?.role === 'administrator'
    const self = caller.id === user_id
    if (patch.role !== undefined && !administrator)
      throw forbidden('Only an administrator may change a role.')
    if (!self && !administrator)
      throw forbidden('Only the member itself or an administrator may change this.')
    if (patch.notification_preferences !== undefined && !self)
      throw forbidden('Preferences are the member’s own.')
    if (patch.role === 'contributor') keepAnAdministrator(context.permissions, user_id)

    const { sql, org_id, now } = context
    const preferences = patch.notification_preferences ? JSON.stringify(patch.notification_preferences) : null
    await context.write(sql`
      update memberships set role = ${patch.role ?? before.role}, display_name = ${patch.display_name ?? before.display_name},
        notification_preferences = coalesce(${preferences}::text::jsonb, notification_preferences), updated_at = ${now}
      where org_id = ${org_id} and user_id = ${user_id}`)
    const user = await stored(context, user_id)
    return { result: user, events: changes(before, user) }
  },
}

/** Ends a membership: keys die, assignments go, streams close; projects of the member have no owner until they get one. */
export const userRemove: Command<{ user_id: string }, null> = {
  name: 'user.remove',
  action: 'user.remove',
  async run(context, { user_id }) {
    const user = await readUser(context, context.org_id, user_id)
    if (!user) throw notFound('user')
    keepAnAdministrator(context.permissions, user_id)
    const { sql, org_id, now } = context
    const keys = await context.write(sql<{ id: string }[]>`
      update api_keys set revoked_at = ${now} where org_id = ${org_id} and user_id = ${user_id} and revoked_at is null
      returning id`)
    await context.write(sql`delete from invites where org_id = ${org_id} and user_id = ${user_id}`)
    await context.write(sql`delete from project_users where org_id = ${org_id} and user_id = ${user_id}`)
    await context.write(sql`delete from task_assignees where org_id = ${org_id} and user_id = ${user_id}`)
    await context.write(sql`delete from subscriptions where org_id = ${org_id} and user_id = ${user_id}`)
    await context.write(sql`delete from channel_reads where org_id = ${org_id} and user_id = ${user_id}`)
    const owned = await context.write(sql<{ id: string }[]>`
      update projects set owner_id = null, version = version + 1, updated_at = ${now}
      where org_id = ${org_id} and owner_id = ${user_id} returning id`)
    await context.write(sql`delete from memberships where org_id = ${org_id} and user_id = ${user_id}`)
    const revokes = { reason: 'membership' as const, user_id, key_ids: keys.map((key) => key.id) }
    const events: NewEvent[] = [{ type: 'user.removed', payload: { user }, subject_ids: [user_id], revokes }]
    for (const { id } of owned) {
      const project = await readProject(context, org_id, id)
      if (!project) throw new Error('unreachable: the project was just stored')
      events.push({ type: 'project.updated', project_ids: [id], payload: { project, changed: ['owner_id'] } })
    }
    return { result: null, events }
  },
}

/** An org never loses its last administrator. */
export function keepAnAdministrator(permissions: Permissions, leaving_id: string): void {
  if (permissions.member(leaving_id)?.role !== 'administrator') return
  const others = [...permissions.members.values()].filter(
    (m) => m.role === 'administrator' && m.status === 'active' && m.user_id !== leaving_id,
  )
  if (others.length === 0)
    throw new ApiError('LAST_ADMINISTRATOR', 'An organization keeps at least one administrator.')
}

function changes(before: User, user: User): NewEvent[] {
  const about = { payload: { user }, subject_ids: [user.id] }
  const events: NewEvent[] = []
  if (before.role !== user.role)
    events.push({
      type: 'user.role_changed',
      ...about,
      payload: { user, from_role: before.role, to_role: user.role },
    })
  const preferences_changed = before.notification_preferences.email !== user.notification_preferences.email
  if (before.display_name !== user.display_name || preferences_changed)
    events.push({ type: 'user.updated', ...about })
  return events
}

async function stored(context: CommandContext, user_id: string): Promise<User> {
  const user = await readUser(context, context.org_id, user_id)
  if (!user) throw new Error('unreachable: the member was just stored')
  return user
}

function forbidden(message: string): ApiError {
  return new ApiError('FORBIDDEN', message)
}
