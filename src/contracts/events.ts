import { type Static, Type } from '@sinclair/typebox'
import { Closed, Nullable, OneOf, Timestamp, Uuid } from './schema.ts'
import { EVENT_TYPES, SENDER_TYPES } from './vocabulary.ts'

export const Actor = Closed({
  id: Nullable(Uuid()),
  type: OneOf(SENDER_TYPES),
  display_name: Type.String(),
})
export type Actor = Static<typeof Actor>

/** One row of an org's log, as streams and `GET /events` carry it. The payload holds the resulting resource whole. */
export const EventEnvelope = Closed(
  {
    sequence: Type.Integer({ minimum: 1, description: 'Per org, from 1, without gaps, in commit order.' }),
    type: OneOf(EVENT_TYPES),
    timestamp: Timestamp(),
    actor: Actor,
    project_ids: Type.Array(Uuid()),
    task_id: Nullable(Uuid()),
    channel_id: Nullable(Uuid()),
    payload: Type.Record(Type.String(), Type.Unknown()),
  },
  { title: 'Event' },
)
export type EventEnvelope = Static<typeof EventEnvelope>

/** What a stream carries besides rows of the log; never stored, never numbered. */
export type ControlEnvelope =
  | { type: 'stream.opened'; payload: { log: string; head: number; heartbeat_seconds: number } }
  | { type: 'events.reset'; payload: { reason: ResetReason; head: number } }
  | { type: 'session.revoked'; payload: { reason: 'session' | 'key' | 'membership' | 'expired' } }

/** Why a cursor could not be honoured. */
export type ResetReason = 'other_log' | 'beyond_head' | 'removed'

/** A position in one incarnation of an org's log. */
export interface Cursor {
  log: string
  sequence: number
}

/** `<log>.<sequence>` */
export function formatCursor(cursor: Cursor): string {
  return `${cursor.log}.${cursor.sequence}`
}

/**
 * Reads `<log>.<sequence>`; a bare `0` means the oldest kept event of whatever log there is.
 * Anything else is undefined: the caller answers 400.
 */
export function parseCursor(text: string): Cursor | undefined {
  if (text === '0') return { log: '', sequence: 0 }
  const match = /^([a-z0-9]{4,32})\.(0|[1-9]\d{0,15})$/.exec(text)
  if (!match) return undefined
  const sequence = Number(match[2])
  return Number.isSafeInteger(sequence) ? { log: match[1]!, sequence } : undefined
}
