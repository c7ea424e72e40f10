import { type Static, type TObject, Type } from '@sinclair/typebox'
import { EVENTS, type EventEnvelope } from './events.ts'
import { Notification } from './resources.ts'
import { Closed, Count, OneOf, TaggedUnion, Uuid } from './schema.ts'
import { SignInRule } from './sign-in.ts'
import { REVOCATION_REASONS } from './vocabulary.ts'

/** Ending credentials; their streams end with them. */
export const Revocation = Closed({
  reason: OneOf(REVOCATION_REASONS),
  user_id: Type.Optional(Uuid()),
  session_id: Type.Optional(Uuid()),
  key_ids: Type.Optional(Type.Array(Uuid())),
  /** Sessions that were started in another way. */
  sign_in: Type.Optional(SignInRule),
})
export type Revocation = Static<typeof Revocation>

const routing = {
  subject_ids: Type.Array(Uuid(), {
    description: 'Users that the event is about: it reaches their streams whatever they subscribed to.',
  }),
  revokes: Type.Optional(Revocation),
}

/** One stored row of the log, with its routing fields, which never reach a client. */
export type LogEvent = EventEnvelope & {
  subject_ids: string[]
  revokes?: Revocation
}
/** The schema of every stored row, by type. */
export const LOG_EVENTS: Readonly<Record<string, TObject>> = Object.fromEntries(
  Object.entries(EVENTS).map(([type, { properties }]) => [type, Closed({ ...properties, ...routing })]),
)
export const LogEvent = Type.Unsafe<LogEvent>(TaggedUnion(LOG_EVENTS))

/** A notification and the user whose streams carry it. */
export const UserNotification = Closed({ ...Notification.properties, user_id: Uuid() })
export type UserNotification = Static<typeof UserNotification>

/** What the owner of an org publishes after a commit: one contiguous piece of the log, in order. */
export const PublishedBatch = Closed({
  org_id: Uuid(),
  log: Type.String({ description: 'Incarnation of the log.' }),
  epoch: Count({ description: 'Number of the ownership that stored the batch.' }),
  events: Type.Array(LogEvent, { minItems: 1 }),
  notifications: Type.Array(UserNotification),
})
export type PublishedBatch = Static<typeof PublishedBatch>
