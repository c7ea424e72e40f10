import type { LogEvent } from '../contracts/log-event.ts'
import type { Permissions } from '../domain/permissions.ts'

/** Which sockets may gain or lose which channels by an event; a missing field means all of them. */
export interface AccessChange {
  /** Users, or sub-agents, whose sockets are concerned. */
  principal_ids?: readonly string[]
  principal_kind?: 'sub_agent'
  channel_ids?: readonly string[]
}

/**
 * The access change of an event that changes permissions; undefined when it changes nobody's channels. Keeps the work
 * small: a renamed user concerns its own sockets, not every socket and every channel of the org.
 */
export function accessChangeOf(event: LogEvent, permissions: Permissions): AccessChange | undefined {
  switch (event.type) {
    case 'org.updated':
    case 'org.settings_changed':
    case 'org.suspended':
    case 'org.resumed':
    case 'org.deletion_initiated':
    case 'org.restored':
    case 'api_key.rotated':
    case 'api_key.revoked':
    case 'channel.updated':
    case 'auth.password_changed':
    case 'auth.identity_linked':
      return undefined
    case 'user.created':
    case 'user.updated':
    case 'user.role_changed':
    case 'user.removed':
      return { principal_ids: [event.payload.user.id] }
    case 'sub_agent.created':
    case 'sub_agent.completed':
    case 'sub_agent.terminated':
    case 'sub_agent.expired':
      return { principal_ids: [event.payload.sub_agent.id] }
    case 'task.updated':
      return { principal_kind: 'sub_agent' }
    case 'channel.created':
      return { channel_ids: [event.payload.channel.id] }
    case 'project.created':
    case 'project.user_assigned':
    case 'project.user_unassigned':
      return { channel_ids: channelsOf(permissions, event.payload.project.id) }
    default:
      return {}
  }
}

function channelsOf(permissions: Permissions, project_id: string): string[] {
  const ids: string[] = []
  for (const channel of permissions.channels.values())
    if (channel.project_id === project_id) ids.push(channel.id)
  return ids
}
