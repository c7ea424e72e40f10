import type { EventEnvelope } from '@contracts/events.ts'
import type { Channel, Export, Message, Org, Project, SubAgent, Task, User } from '@contracts/resources.ts'
import type { SignedIn } from '../api/auth.ts'
import type { CacheUpdate } from './cache-update.ts'
import { withChannel, withCounted } from './channel-counts.ts'
import { withArrived } from './event-log.ts'
import { withExport } from './export-list.ts'
import { laterOf } from './last-message.ts'
import { withMember, withoutMember } from './member-list.ts'
import { withArrival } from './message-log.ts'
import { moveOf, withMove } from './moves.ts'
import { withSubAgent } from './sub-agent-list.ts'
import { withArchivedTask, withEndedProject, withProject, withTask } from './task-list.ts'

/** The member of this page: an event about the reader changes more. */
export interface Reader {
  user_id: string
  slug: string
}

/**
 * Turns one event of the org's log into changes of the cache: pure, so the same event twice, or a message that the
 * WebSocket brought already, changes nothing. Payloads carry the resulting resource whole; nothing is read again
 * unless the payload cannot say it.
 */
export function applyEvent(event: EventEnvelope, reader: Reader): CacheUpdate[] {
  return [...seenActive(event), logUpdate(event), ...changes(event, reader), ...moveUpdates(event)]
}

function changes(event: EventEnvelope, reader: Reader): CacheUpdate[] {
  switch (event.type) {
    case 'message.created': {
      const { message } = event.payload
      return 'removed' in message ? [] : messageUpdates(message, reader)
    }

    case 'channel.created': {
      const { channel } = event.payload
      return [{ at: 'channels', change: (channels) => addChannel(channels, channel) }]
    }
    case 'channel.updated': {
      return describedChannel(event.payload.channel)
    }
    case 'channel.loop_paused': {
      const { channel_id, until, messages } = event.payload
      return [{ at: 'pause', channel_id, pause: { until, messages } }]
    }
    case 'channel.loop_resumed':
      return [{ at: 'pause', channel_id: event.payload.channel_id, pause: null }]
    case 'project.user_assigned':
    case 'project.user_unassigned':
    case 'project.archived':
    case 'project.created':
      // Who may read which channel changed; the event does not carry the channels with their counters.
      return [...projectUpdates(event.payload.project), ...refetchChannels()]
    case 'project.updated':
    case 'project.transitioned':
      return projectUpdates(event.payload.project)

    case 'task.created':
    case 'task.updated':
    case 'task.transitioned':
    case 'task.assigned':
    case 'task.unassigned':
    case 'task.dependency_added':
    case 'task.dependency_removed':
    case 'task.evidence_added':
    case 'task.evidence_removed':
    case 'task.unblocked':
    case 'task.archived':
      return [...taskUpdates(event.payload.task), historyUpdate(event, event.payload.task.id)]

    case 'sub_agent.created':
    case 'sub_agent.completed':
    case 'sub_agent.terminated':
    case 'sub_agent.expired': {
      const { sub_agent } = event.payload
      return [...subAgentUpdates(sub_agent), historyUpdate(event, sub_agent.task_id)]
    }

    case 'user.created':
    case 'user.updated':
      return memberUpdates(event.payload.user)
    case 'user.role_changed':
      return [...memberUpdates(event.payload.user), ...ownRole(event.payload.user, reader)]
    case 'user.removed': {
      const { user } = event.payload
      return [{ at: 'members', change: (members) => withoutMember(members, user.id) }]
    }
    case 'api_key.rotated':
    case 'api_key.revoked':
      return [{ at: 'refetch', what: 'member_keys', user_id: event.payload.user_id }]

    case 'org.updated':
    case 'org.settings_changed':
    case 'org.suspended':
    case 'org.resumed':
    case 'org.deletion_initiated':
    case 'org.restored': {
      const { org } = event.payload
      // The role in the payload belongs to nobody in particular: the reader keeps its own.
      return [
        { at: 'org', change: (own) => ({ ...org, role: own.role }) },
        { at: 'me', change: (me) => withOrgName(me, org) },
        { at: 'refetch', what: 'orgs' },
      ]
    }
    case 'export.requested':
    case 'export.ready':
    case 'export.failed':
      return exportUpdates(event.payload.export)
    case 'scim_token.created':
    case 'scim_token.revoked':
      return [{ at: 'refetch', what: 'scim_tokens' }]
    // Only the event log shows these.
    case 'org.created':
    case 'auth.login_success':
    case 'auth.login_failure':
    case 'auth.api_key_failure':
    case 'auth.session_revoked':
    case 'auth.sign_in_link_created':
    case 'auth.password_changed':
    case 'api_key.rotation_due':
    case 'auth.account_changed':
    case 'auth.identity_linked':
    case 'auth.identity_unlinked':
    case 'command.invoked':
      return []
    default:
      // A type of the vocabulary without a rule does not compile; a newer server may send a type unknown to this page.
      event satisfies never
      return []
  }
}

export function exportUpdates(now: Export): CacheUpdate[] {
  return [{ at: 'exports', change: (page) => withExport(page, now) }]
}

/** Counters and the open log take a message only when it directly follows their last one, so that a second copy of it,
 * from the stream or from the socket, changes nothing. */
export function messageUpdates(message: Message, reader: Reader): CacheUpdate[] {
  return [
    { at: 'channels', change: (channels) => withCounted(channels, message, reader.user_id) },
    { at: 'messages', channel_id: message.channel_id, change: (log) => withArrival(log, message).log },
    { at: 'last_message', channel_id: message.channel_id, change: (last) => laterOf(last, message) },
  ]
}

/** A channel of an event has no counters of its reader: all its messages are unread. */
function addChannel(channels: Channel[], channel: Channel): Channel[] {
  if (channels.some(({ id }) => id === channel.id)) return channels
  const { last_seq } = channel
  return withChannel(channels, { ...channel, read_seq: 0, unread_count: last_seq, mention_count: 0 })
}

/** Only name and topic: the counters of the cache are the reader's own. */
export function describedChannel({ id, name, topic }: Channel): CacheUpdate[] {
  const change = (channels: Channel[]) => {
    const channel = channels.find((one) => one.id === id)
    return channel ? withChannel(channels, { ...channel, name, topic }) : channels
  }
  return [{ at: 'channels', change }]
}

function refetchChannels(): CacheUpdate[] {
  return [{ at: 'refetch', what: 'channels' }]
}

/** Every view of the log whose filter it fits. */
function logUpdate(event: EventEnvelope): CacheUpdate {
  return { at: 'event_log', change: (log) => withArrived(log, event) }
}

/** Newest first; the same event again changes nothing. */
function historyUpdate(event: EventEnvelope, task_id: string): CacheUpdate {
  return {
    at: 'task_history',
    task_id,
    change: (history) =>
      history.data.some(({ sequence }) => sequence >= event.sequence)
        ? history
        : { ...history, data: [event, ...history.data] },
  }
}

/** Also for the answer of an own request: it moves the card before the event arrives. */
export function taskUpdates(task: Task): CacheUpdate[] {
  return [
    { at: 'tasks', change: (tasks) => withTask(tasks, task) },
    { at: 'archived_tasks', change: (tasks) => withArchivedTask(tasks, task) },
  ]
}

/** Also for the answer of an own request. */
export function subAgentUpdates(sub_agent: SubAgent): CacheUpdate[] {
  return [{ at: 'sub_agents', change: (sub_agents) => withSubAgent(sub_agents, sub_agent) }]
}

/** Also for the answer of an own request. */
export function projectUpdates(project: Project): CacheUpdate[] {
  return [
    { at: 'projects', change: (projects) => withProject(projects, project) },
    { at: 'ended_projects', change: (projects) => withEndedProject(projects, project) },
  ]
}

/** A card of a board that somebody moved. */
function moveUpdates(event: EventEnvelope): CacheUpdate[] {
  const move = moveOf(event)
  return move ? [{ at: 'moves', change: (moves) => withMove(moves, move) }] : []
}

/** The name of an org stands with each membership too. */
function withOrgName(me: SignedIn, { slug, name }: Pick<Org, 'slug' | 'name'>): SignedIn {
  if (!me.memberships.some(({ org }) => org.slug === slug && org.name !== name)) return me
  const memberships = me.memberships.map((one) =>
    one.org.slug === slug ? { ...one, org: { ...one.org, name } } : one,
  )
  return { ...me, memberships }
}

function memberUpdates(user: User): CacheUpdate[] {
  return [{ at: 'members', change: (members) => withMember(members, user) }]
}

function ownRole(user: User, reader: Reader): CacheUpdate[] {
  if (user.id !== reader.user_id) return []
  const { role } = user
  return [
    { at: 'org', change: (org) => ({ ...org, role }) },
    {
      at: 'me',
      change: (me) => ({
        ...me,
        memberships: me.memberships.map((one) => (one.org.slug === reader.slug ? { ...one, role } : one)),
      }),
    },
    // An administrator reads every channel, a contributor only those of its projects.
    { at: 'refetch', what: 'channels' },
  ]
}

/** The actor of an event was active at its time. */
function seenActive({ actor, timestamp }: EventEnvelope): CacheUpdate[] {
  if (actor.id === null || (actor.type !== 'human' && actor.type !== 'agent')) return []
  return [
    {
      at: 'members',
      change: (members) => {
        const at = members.findIndex(({ id }) => id === actor.id)
        const member = members[at]
        if (!member || (member.last_active_at !== null && member.last_active_at >= timestamp)) return members
        return members.with(at, { ...member, last_active_at: timestamp })
      },
    },
  ]
}
