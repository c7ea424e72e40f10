import { type Static, type TObject, Type } from '@sinclair/typebox'
import { EVENT_PAYLOADS, type EventContent } from './event-payloads.ts'
import { LIMITS } from './limits.ts'
import { Export, Notification } from './resources.ts'
import { Closed, Count, Nullable, OneOf, TaggedUnion, Timestamp, Uuid } from './schema.ts'
import { EVENT_TYPES, type EventType, RESET_REASONS, REVOCATION_REASONS, SENDER_TYPES } from './vocabulary.ts'

/** The principal that caused an event. */
export const Actor = Closed({
  id: Nullable(Uuid()),
  type: OneOf(SENDER_TYPES),
  display_name: Type.String(),
})
export type Actor = Static<typeof Actor>

/** Fields of every event, independent of its type. */
const fields = {
  sequence: Type.Integer({ minimum: 1, description: 'Per org, from 1, without gaps, in commit order.' }),
  timestamp: Timestamp(),
  actor: Actor,
  project_ids: Type.Array(Uuid()),
  task_id: Nullable(Uuid()),
  channel_id: Nullable(Uuid()),
}
export type EventFields = Static<TObject<typeof fields>>

/** One row of an org's log, as streams and `GET /events` carry it: a union discriminated by `type`. */
export type EventEnvelope = EventFields & EventContent

/** The envelope of one type. */
export type EventOf<T extends EventType> = Extract<EventEnvelope, { type: T }>

const eventOf = (type: EventType) =>
  Closed(
    {
      sequence: fields.sequence,
      type: Type.Literal(type),
      timestamp: fields.timestamp,
      actor: fields.actor,
      project_ids: fields.project_ids,
      task_id: fields.task_id,
      channel_id: fields.channel_id,
      payload: EVENT_PAYLOADS[type],
    },
    { title: type },
  )

/** The schema of every event, by type. */
export const EVENTS: Readonly<Record<string, TObject>> = Object.fromEntries(
  EVENT_TYPES.map((type) => [type, eventOf(type)]),
)

export const EventEnvelope = Type.Unsafe<EventEnvelope>(TaggedUnion(EVENTS, { title: 'Event' }))

/** First frame of every stream. */
const StreamOpened = Closed({
  type: Type.Literal('stream.opened'),
  payload: Closed({ log: Type.String(), head: Count(), heartbeat_seconds: Count() }),
})

/** The cursor could not be honoured: the stream goes on from the head, and the client reads everything again. */
const EventsReset = Closed({
  type: Type.Literal('events.reset'),
  payload: Closed({ reason: OneOf(RESET_REASONS), head: Count() }),
})

/** Last frame of a stream whose credentials ended. */
const SessionRevoked = Closed({
  type: Type.Literal('session.revoked'),
  payload: Closed({ reason: OneOf(REVOCATION_REASONS) }),
})

/** Follows its event on the stream of the notified user. */
const NotificationCreated = Closed({
  sequence: Type.Null(),
  type: Type.Literal('notification.created'),
  payload: Closed({ notification: Notification }),
})

/** Notifications that their user has read, on another device or by reading the messages; each is told once. */
const NotificationRead = Closed({
  sequence: Type.Null(),
  type: Type.Literal('notification.read'),
  payload: Closed({
    notification_ids: Type.Array(Uuid(), { minItems: 1, maxItems: LIMITS.notification_ids_max }),
    read_at: Timestamp(),
  }),
})

/** How far an export is, for administrators: about once a second while it is made. May be lost. */
const ExportProgress = Closed({
  sequence: Type.Null(),
  type: Type.Literal('export.progress'),
  payload: Closed({ export: Export }),
})

/** Unnumbered frames of a stream besides rows of the log, by type. */
export const STREAM_CONTROLS = {
  'stream.opened': StreamOpened,
  'events.reset': EventsReset,
  'session.revoked': SessionRevoked,
  'notification.created': NotificationCreated,
  'notification.read': NotificationRead,
  'export.progress': ExportProgress,
} as const

export type NotificationEnvelope = Static<typeof NotificationCreated>
export type ExportProgressEnvelope = Static<typeof ExportProgress>
export type NotificationReadEnvelope = Static<typeof NotificationRead>
export type ControlEnvelope =
  | Static<typeof StreamOpened>
  | Static<typeof EventsReset>
  | Static<typeof SessionRevoked>

/** The `data` of every frame of a stream. */
export type StreamEnvelope =
  | EventEnvelope
  | ControlEnvelope
  | NotificationEnvelope
  | NotificationReadEnvelope
  | ExportProgressEnvelope
export const StreamEnvelope = Type.Unsafe<StreamEnvelope>(
  TaggedUnion({ ...EVENTS, ...STREAM_CONTROLS }, { title: 'StreamEvent' }),
)

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
