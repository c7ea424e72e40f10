import type { EventEnvelope } from '../contracts/events.ts'
import type { EventType, RevocationReason, SenderType } from '../contracts/vocabulary.ts'

/** What a command says happened, before the lane numbers and dates it. */
export interface NewEvent {
  type: EventType
  /** Who did it; the command's principal when left out. */
  actor?: { id: string | null; type: SenderType; display_name: string }
  project_ids?: string[]
  task_id?: string | null
  channel_id?: string | null
  payload: Record<string, unknown>
  /** Users this event is about: it reaches their streams whatever they subscribed to. */
  subject_ids?: string[]
  /** Set on `message.created`: the text is stored once, with the message, and joined when the event is read. */
  message?: { id: string; seq: number }
  /** Streams that end with this event. */
  revokes?: Revocation
}

/** Credentials that stop being good. */
export interface Revocation {
  reason: RevocationReason
  user_id?: string
  session_id?: string
  key_ids?: string[]
}

/** One stored row of the log with what the edge needs to route it. */
export interface LogEvent extends EventEnvelope {
  subject_ids: string[]
  revokes?: Revocation
}

/** Seen by administrators only (and by the user they are about). */
const SECURITY_EVENTS: ReadonlySet<EventType> = new Set<EventType>([
  'auth.login_success',
  'auth.login_failure',
  'auth.api_key_failure',
  'auth.session_revoked',
  'api_key.rotated',
  'api_key.revoked',
  'user.role_changed',
  'user.removed',
  'org.settings_changed',
  'org.deletion_initiated',
  'export.requested',
  'export.ready',
  'export.failed',
])

export function isSecurityEvent(type: EventType): boolean {
  return SECURITY_EVENTS.has(type)
}
