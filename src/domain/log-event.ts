import type { EventContent } from '../contracts/event-payloads.ts'
import type { Actor } from '../contracts/events.ts'
import type { LogEvent, Revocation } from '../contracts/log-event.ts'
import type { EventType } from '../contracts/vocabulary.ts'

/** An event of a command before the lane numbers and dates it. */
export type NewEvent = EventContent & NewEventFields

export interface NewEventFields {
  /** The principal of the command when left out. */
  actor?: Actor
  project_ids?: string[]
  task_id?: string | null
  channel_id?: string | null
  /** Users that the event is about; it reaches their streams regardless of subscriptions. */
  subject_ids?: string[]
  /** Set on `message.created`: the text is stored once, with the message, and joined when the event is read. */
  message?: { id: string; seq: number }
  /** Streams that end with this event. */
  revokes?: Revocation
}

/** A new event of one of the types `T`. */
export type NewEventOf<T extends EventType> = Extract<NewEvent, { type: T }>

/** The fields that decide the visibility of an event. */
export type EventAudience = Pick<LogEvent, 'type' | 'project_ids' | 'task_id' | 'channel_id' | 'subject_ids'>

/** Visible only to administrators and to the user that the event is about. */
const SECURITY_EVENTS = [
  'auth.login_success',
  'auth.login_failure',
  'auth.api_key_failure',
  'auth.session_revoked',
  'auth.sign_in_link_created',
  'auth.password_changed',
  'auth.account_changed',
  'scim_token.created',
  'scim_token.revoked',
  'auth.identity_linked',
  'auth.identity_unlinked',
  'api_key.rotated',
  'api_key.revoked',
  'api_key.rotation_due',
  'user.role_changed',
  'user.removed',
  'org.settings_changed',
  'org.deletion_initiated',
  'export.requested',
  'export.ready',
  'export.failed',
] as const satisfies EventType[]
export type SecurityEventType = (typeof SECURITY_EVENTS)[number]

const security_events: ReadonlySet<EventType> = new Set(SECURITY_EVENTS)

export function isSecurityEvent<E extends { type: EventType }>(
  event: E,
): event is Extract<E, { type: SecurityEventType }> {
  return isSecurityType(event.type)
}

export function isSecurityType(type: EventType): boolean {
  return security_events.has(type)
}
