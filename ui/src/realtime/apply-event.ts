import type { EventEnvelope } from '@contracts/events.ts'
import type { Channel, Message, User } from '@contracts/resources.ts'
import type { CacheUpdate } from './cache-update.ts'
import { withChannel, withCounted } from './channel-counts.ts'
import { withArrival } from './message-log.ts'
import { payloadChannel, payloadMessage, payloadOrg, payloadUser, payloadUserId } from './payload.ts'

/** Who looks at the cache: an event about oneself changes more. */
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
  return [...seenActive(event), ...changes(event, reader)]
}

function changes(event: EventEnvelope, reader: Reader): CacheUpdate[] {
  const { payload } = event
  switch (event.type) {
    case 'message.created':
      return messageUpdates(payloadMessage(payload), reader)

    case 'channel.created': {
      const channel = payloadChannel(payload)
      return channel
        ? [{ at: 'channels', change: (channels) => addChannel(channels, channel) }]
        : refetchChannels()
    }
    case 'project.user_assigned':
    case 'project.user_unassigned':
    case 'project.archived':
    case 'project.created':
      // Who may read which channel changed; the event does not carry the channels with their counters.
      return refetchChannels()

    case 'user.created':
    case 'user.updated':
      return memberUpdates(payloadUser(payload))
    case 'user.role_changed':
      return [...memberUpdates(payloadUser(payload)), ...ownRole(payloadUser(payload), reader)]
    case 'user.removed': {
      const user = payloadUser(payload)
      if (!user) return []
      return [{ at: 'members', change: (members) => members.filter(({ id }) => id !== user.id) }]
    }
    case 'api_key.rotated':
    case 'api_key.revoked': {
      const user_id = payloadUserId(payload)
      return user_id === undefined ? [] : [{ at: 'refetch', what: 'member_keys', user_id }]
    }

    case 'org.updated':
    case 'org.settings_changed':
    case 'org.suspended':
    case 'org.resumed':
    case 'org.deletion_initiated':
    case 'org.restored': {
      const org = payloadOrg(payload)
      if (!org) return [{ at: 'refetch', what: 'everything' }]
      // The role in the payload is nobody's in particular: the reader keeps its own.
      return [
        { at: 'org', change: (own) => ({ ...org, role: own.role }) },
        { at: 'refetch', what: 'orgs' },
      ]
    }
    default:
      // Projects, tasks, sub-agents, exports and the security log are not shown by this version.
      return []
  }
}

/** Counters and the open log take a message only when it directly follows what they have: whichever way came first. */
export function messageUpdates(message: Message | undefined, reader: Reader): CacheUpdate[] {
  if (!message) return []
  return [
    { at: 'channels', change: (channels) => withCounted(channels, message, reader.user_id) },
    { at: 'messages', channel_id: message.channel_id, change: (log) => withArrival(log, message).log },
  ]
}

function addChannel(channels: Channel[], channel: Channel): Channel[] {
  return channels.some(({ id }) => id === channel.id) ? channels : withChannel(channels, channel)
}

function refetchChannels(): CacheUpdate[] {
  return [{ at: 'refetch', what: 'channels' }]
}

function memberUpdates(user: User | undefined): CacheUpdate[] {
  if (!user) return []
  return [
    {
      at: 'members',
      change: (members) => {
        const at = members.findIndex(({ id }) => id === user.id)
        return at === -1 ? [...members, user] : members.with(at, user)
      },
    },
  ]
}

function ownRole(user: User | undefined, reader: Reader): CacheUpdate[] {
  if (user?.id !== reader.user_id) return []
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

/** Whoever caused an event was there at that time. */
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
