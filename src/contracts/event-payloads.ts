import { type Static, type TObject, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import {
  Channel,
  Evidence,
  Export,
  Message,
  MessageTombstone,
  Org,
  Project,
  ScimToken,
  Sender,
  SubAgent,
  Task,
  User,
} from './resources.ts'
import { Closed, Count, Nullable, OneOf, Text, Timestamp, Uuid } from './schema.ts'
import {
  ACCOUNT_CHANGES,
  type EventType,
  KEY_REFUSALS,
  LOOP_RESUME_REASONS,
  PASSWORD_CHANGES,
  PROJECT_STAGES,
  PROVIDERS,
  ROLES,
  SESSION_ENDS,
  SIGN_IN_PROOFS,
  TASK_STATUSES,
} from './vocabulary.ts'

const opt = Type.Optional

/** Events for administrators only carry the origin of the request; changes by the server itself have none. */
const origin = { ip: opt(Type.String()), user_agent: opt(Type.String()) }

const org = { org: Org }
const user = { user: User }
const project = { project: Project }
const task = { task: Task }
const sub_agent = { sub_agent: SubAgent }
const comment = Nullable(Text(LIMITS.comment_max))

/** Names of the fields that the request changed. */
const changed = Type.Array(Type.String())

/** Ending API keys with their end: now, or after the grace period of a rotation. */
const ending = Type.Array(Closed({ id: Uuid(), ends_at: Timestamp() }))

/**
 * One schema per event type: what the event carries besides its envelope. Resources are whole, so that a client applies
 * an event without another request. A type of the vocabulary without an entry here does not compile.
 */
export const EVENT_PAYLOADS = {
  'org.created': Closed(org),
  'org.updated': Closed(org),
  'org.settings_changed': Closed({ ...org, ...origin }),
  'org.suspended': Closed(org),
  'org.resumed': Closed(org),
  'org.deletion_initiated': Closed({ ...org, ...origin }),
  'org.restored': Closed(org),

  'user.created': Closed(user),
  'user.updated': Closed(user),
  'user.role_changed': Closed({ ...user, from_role: OneOf(ROLES), to_role: OneOf(ROLES), ...origin }),
  'user.removed': Closed({ ...user, ...origin }),
  'api_key.rotated': Closed({
    user_id: Uuid(),
    sub_agent_id: Type.Optional(
      Uuid('Set when the key is that of a sub-agent, which its host `user_id` fetched.'),
    ),
    key: Closed({ id: Uuid(), prefix: Text(40) }),
    ending,
    ...origin,
  }),
  'api_key.revoked': Closed({ user_id: Uuid(), ending, ...origin }),
  'api_key.rotation_due': Closed({
    user_id: Uuid(),
    key: Closed({ id: Uuid(), prefix: Text(40) }),
    age_days: Count({ minimum: 1 }),
    ...origin,
  }),

  'auth.login_success': Closed({ user_id: Uuid(), method: OneOf(SIGN_IN_PROOFS), ...origin }),
  'auth.login_failure': Closed({
    user_id: Uuid(),
    method: OneOf(SIGN_IN_PROOFS),
    count: Count({ minimum: 1, description: 'Failures from this address within one minute.' }),
    ...origin,
  }),
  'auth.api_key_failure': Closed({
    user_id: Uuid(),
    key_id: Type.String({ description: 'Public part of the key.' }),
    reason: OneOf(KEY_REFUSALS),
    count: Count({ minimum: 1, description: 'Failures from this address within one minute.' }),
    ...origin,
  }),
  'auth.session_revoked': Closed({
    user_id: Uuid(),
    session_id: Uuid(),
    reason: OneOf(SESSION_ENDS),
    ...origin,
  }),
  'auth.sign_in_link_created': Closed({ user_id: Uuid(), expires_at: Timestamp(), ...origin }),
  'auth.password_changed': Closed({ user_id: Uuid(), by: OneOf(PASSWORD_CHANGES), ...origin }),
  'auth.account_changed': Closed({ user_id: Uuid(), change: OneOf(ACCOUNT_CHANGES), ...origin }),
  'scim_token.created': Closed({ scim_token: ScimToken, ...origin }),
  'scim_token.revoked': Closed({ scim_token: ScimToken, ...origin }),
  'auth.identity_linked': Closed({ user_id: Uuid(), provider: OneOf(PROVIDERS), ...origin }),
  'auth.identity_unlinked': Closed({ user_id: Uuid(), provider: OneOf(PROVIDERS), ...origin }),

  'project.created': Closed(project),
  'project.updated': Closed({ ...project, changed }),
  'project.transitioned': Closed({
    ...project,
    from_stage: OneOf(PROJECT_STAGES),
    to_stage: OneOf(PROJECT_STAGES),
    comment,
  }),
  'project.archived': Closed({ ...project, from_stage: OneOf(PROJECT_STAGES) }),
  'project.user_assigned': Closed({ ...project, user_id: Uuid() }),
  'project.user_unassigned': Closed({ ...project, user_id: Uuid() }),

  'task.created': Closed(task),
  'task.updated': Closed({ ...task, changed }),
  'task.transitioned': Closed({
    ...task,
    from_status: OneOf(TASK_STATUSES),
    to_status: OneOf(TASK_STATUSES),
    comment,
  }),
  'task.assigned': Closed({ ...task, user_id: Uuid() }),
  'task.unassigned': Closed({ ...task, user_id: Uuid() }),
  'task.dependency_added': Closed({ ...task, blocked_by_id: Uuid() }),
  'task.dependency_removed': Closed({ ...task, blocked_by_id: Uuid() }),
  'task.evidence_added': Closed({ ...task, evidence: Evidence }),
  'task.evidence_removed': Closed({ ...task, evidence: Evidence }),
  'task.unblocked': Closed(task),
  'task.archived': Closed(task),

  // Counters of a channel are per reader, so an event has none.
  'channel.created': Closed({ channel: Channel }),
  'channel.updated': Closed({ channel: Channel }),
  'channel.loop_paused': Closed({
    channel_id: Uuid(),
    messages: Count({ minimum: 1, description: 'Messages of agents in a row.' }),
    until: Timestamp(),
  }),
  'channel.loop_resumed': Closed({ channel_id: Uuid(), reason: OneOf(LOOP_RESUME_REASONS) }),
  'message.created': Closed({ message: Type.Union([Message, MessageTombstone]) }),
  'command.invoked': Closed({
    command: Type.String(),
    args: Type.String(),
    channel_id: Uuid(),
    message_id: Uuid(),
    seq: Count({ minimum: 1 }),
    sender: Sender,
    target_agent_ids: Type.Array(Uuid()),
  }),

  'sub_agent.created': Closed({
    ...sub_agent,
    project_ids: Type.Array(Uuid(), { description: 'Projects of its task: what it may read.' }),
  }),
  'sub_agent.completed': Closed(sub_agent),
  'sub_agent.terminated': Closed({ ...sub_agent, reason: Nullable(Text(LIMITS.comment_max)) }),
  'sub_agent.expired': Closed(sub_agent),

  'export.requested': Closed({ export: Export, ...origin }),
  'export.ready': Closed({ export: Export, ...origin }),
  'export.failed': Closed({ export: Export, ...origin }),
} as const satisfies Record<EventType, TObject>

type Payloads = typeof EVENT_PAYLOADS

/** What an event of type `T` carries. */
export type EventPayload<T extends EventType> = Static<Payloads[T]>

/** Type and payload of an event, as a union discriminated by `type`. */
export type EventContent = { [T in EventType]: { type: T; payload: EventPayload<T> } }[EventType]
