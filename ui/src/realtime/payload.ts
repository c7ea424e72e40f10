import type { Channel, Message, Org, User } from '@contracts/resources.ts'

/**
 * Payloads of events are open by contract: a newer server may send what this page does not know. Each reader looks at
 * the fields that tell the resource apart and answers undefined for anything else, so a strange event changes nothing.
 */
type Payload = Record<string, unknown>

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isMessage(value: unknown): value is Message {
  return (
    isRecord(value) &&
    typeof value.id === 'string' &&
    typeof value.channel_id === 'string' &&
    Number.isSafeInteger(value.seq) &&
    typeof value.content === 'string' &&
    isRecord(value.sender) &&
    Array.isArray(value.mentions) &&
    Array.isArray(value.deliveries)
  )
}

function isUser(value: unknown): value is User {
  return (
    isRecord(value) && typeof value.id === 'string' && typeof value.username === 'string' && 'role' in value
  )
}

function isChannel(value: unknown): value is Channel {
  return (
    isRecord(value) && typeof value.id === 'string' && typeof value.name === 'string' && 'project_id' in value
  )
}

function isOrg(value: unknown): value is Org {
  return (
    isRecord(value) &&
    typeof value.id === 'string' &&
    typeof value.slug === 'string' &&
    isRecord(value.settings)
  )
}

export const payloadMessage = ({ message }: Payload) => (isMessage(message) ? message : undefined)
export const payloadUser = ({ user }: Payload) => (isUser(user) ? user : undefined)
export const payloadOrg = ({ org }: Payload) => (isOrg(org) ? org : undefined)
export const payloadUserId = ({ user_id }: Payload) => (typeof user_id === 'string' ? user_id : undefined)

/** A channel of an event has no counters of its reader: they start where the channel does. */
export function payloadChannel({ channel }: Payload): Channel | undefined {
  if (!isChannel(channel)) return undefined
  const last_seq = Number.isSafeInteger(channel.last_seq) ? channel.last_seq : 0
  return { ...channel, last_seq, read_seq: 0, unread_count: last_seq, mention_count: 0 }
}
