import { ApiError } from '../contracts/errors.ts'
import type { UserPatch } from '../contracts/requests.ts'
import type { User } from '../contracts/resources.ts'
import type { Role, UserStatus } from '../contracts/vocabulary.ts'
import type { NewEvent } from './log-event.ts'
import type { Permissions } from './permissions.ts'

/** A new member, without projects and with the default preferences. */
export function newMember(
  member: { id: string; username: string; display_name: string; role: Role } & (
    | { type: 'agent'; identifier: string }
    | { type: 'human'; email: string; status: UserStatus }
  ),
): User {
  const { id, username, display_name, role, type } = member
  const user: User = {
    id,
    type,
    username,
    display_name,
    role,
    status: member.type === 'human' ? member.status : 'active',
    last_active_at: null,
    assigned_project_ids: [],
    notification_preferences: { email: 'all' },
  }
  return member.type === 'human'
    ? { ...user, email: member.email }
    : { ...user, identifier: member.identifier }
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

/** Administrators change roles and names; a member changes its own name and, alone, its own preferences. */
export function checkMayPatch(
  permissions: Permissions,
  caller_id: string | null,
  user_id: string,
  patch: UserPatch,
) {
  const administrator = caller_id !== null && permissions.member(caller_id)?.role === 'administrator'
  const self = caller_id === user_id
  if (patch.role !== undefined && !administrator) throw forbidden('Only an administrator may change a role.')
  if (!self && !administrator) throw forbidden('Only the member itself or an administrator may change this.')
  if (patch.notification_preferences !== undefined && !self)
    throw forbidden('Preferences are the member’s own.')
  if (patch.role === 'contributor') keepAnAdministrator(permissions, user_id)
}

/** The events of a member's change: one for the role, one for everything else. */
export function memberEvents(before: User, user: User): NewEvent[] {
  const subject_ids = [user.id]
  const events: NewEvent[] = []
  if (before.role !== user.role)
    events.push({
      type: 'user.role_changed',
      payload: { user, from_role: before.role, to_role: user.role },
      subject_ids,
    })
  const preferences_changed = before.notification_preferences.email !== user.notification_preferences.email
  const renamed = before.display_name !== user.display_name || before.username !== user.username
  if (renamed || preferences_changed) events.push({ type: 'user.updated', payload: { user }, subject_ids })
  return events
}

function forbidden(message: string): ApiError {
  return new ApiError('FORBIDDEN', message)
}
