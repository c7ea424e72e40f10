import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { Closed, Count, HttpsUrl, Line, Nullable, OneOf, Text, Timestamp, Uuid } from './schema.ts'
import { OrgSettings } from './settings.ts'
import {
  AGENT_WAKES,
  BACKUP_DESTINATIONS,
  CHANNEL_TYPES,
  CLIENT_STATES,
  DELIVERY_STATES,
  EMAIL_KINDS,
  EMAIL_PREFERENCES,
  EMAIL_STATUSES,
  EVIDENCE_TYPES,
  EXPORT_STATUSES,
  MESSAGE_KINDS,
  NOTIFICATION_TYPES,
  ORG_STATUSES,
  PRIORITIES,
  PROJECT_STAGES,
  PROJECT_TYPES,
  ROLES,
  SENDER_TYPES,
  SUB_AGENT_STATUSES,
  TASK_STATUSES,
  TASK_TYPES,
  USER_STATUSES,
  USER_TYPES,
} from './vocabulary.ts'

/** Resources as the API answers them and as events carry them. Names are those of the tables: nothing is mapped. */
export const Org = Closed({
  id: Uuid(),
  slug: Text(LIMITS.org_slug_max),
  name: Text(LIMITS.org_name_max),
  status: OneOf(ORG_STATUSES),
  deletion_at: Nullable(Timestamp('When the org and everything in it is removed for good.')),
  role: OneOf(ROLES, { description: "The caller's role in this org." }),
  settings: OrgSettings,
  created_at: Timestamp(),
  updated_at: Timestamp(),
})
export type Org = Static<typeof Org>

export const NotificationPreferences = Closed({ email: OneOf(EMAIL_PREFERENCES) })
export type NotificationPreferences = Static<typeof NotificationPreferences>

/** A command that an agent takes, e.g. `/deploy`. */
export const AgentCommand = Closed({
  name: Type.String({
    pattern: '^[a-z][a-z0-9_-]{0,31}$',
    description: 'As typed after the slash.',
    examples: ['deploy'],
  }),
  description: Text(LIMITS.command_description_max),
  args_hint: Type.Optional(Text(LIMITS.command_hint_max, { description: 'E.g. `<branch>`.' })),
})
export type AgentCommand = Static<typeof AgentCommand>

/** A command that is known in a channel. */
export const KnownCommand = Closed({
  ...AgentCommand.properties,
  agent_ids: Type.Array(Uuid(), {
    description: 'Agents of the channel that registered it; none for the commands that are always known.',
  }),
})
export type KnownCommand = Static<typeof KnownCommand>

/** The program that connects an agent, as it reports itself. */
export const AgentClient = Closed({
  name: Line(LIMITS.client_name_max, { examples: ['mc-bridge'] }),
  version: Line(LIMITS.client_version_max, { examples: ['1.0.0'] }),
  wake: OneOf(AGENT_WAKES, {
    description:
      'Messages that start a turn: those for the agent, those of people in its projects too, or all that it reads.',
  }),
  state: OneOf(CLIENT_STATES),
  detail: Nullable(
    Text(LIMITS.client_detail_max, { min: 0, description: 'The reason for the state, for people.' }),
  ),
  gateway: Nullable(
    Closed(
      { version: Line(LIMITS.gateway_version_max), connected: Type.Boolean() },
      {
        description: 'Behind the client; null for an agent without one.',
      },
    ),
  ),
  instance: Type.Optional(
    Line(LIMITS.client_instance_max, {
      description:
        'Names one installation of the client; another one with the same key finds out by it that the agent is taken. Left out when the client does not say.',
    }),
  ),
  reported_at: Timestamp('When the report last changed.'),
})
export type AgentClient = Static<typeof AgentClient>

export const User = Closed({
  id: Uuid(),
  type: OneOf(USER_TYPES),
  username: Text(LIMITS.username_max),
  former_usernames: Type.Optional(
    Type.Array(Closed({ username: Text(LIMITS.username_max), found_until: Timestamp() }), {
      description: 'Given up within the last year: they still lead here. Left out when there is none.',
    }),
  ),
  display_name: Text(LIMITS.display_name_max),
  avatar_url: Type.Optional(
    Text(LIMITS.avatar_url_max, {
      description:
        'Path of the picture, below the address of the server; another picture has another one. Left out when there is none.',
      examples: [
        '/api/v1/orgs/fieldnote/users/0193a5c0-1d8e-7a3b-9f21-6c1f2e3d4a5b/avatar?v=6f1ed002ab559585',
      ],
    }),
  ),
  email: Type.Optional(Text(LIMITS.email_max, { description: 'Humans only.' })),
  identifier: Type.Optional(Text(LIMITS.identifier_max, { description: 'Agents only.' })),
  commands: Type.Optional(
    Type.Array(AgentCommand, {
      description: 'Agents only: the commands that it registered. Left out when there is none.',
    }),
  ),
  client: Type.Optional(
    Closed(AgentClient.properties, {
      description: 'Agents only: the program that connects it. Left out when none has reported itself.',
    }),
  ),
  role: OneOf(ROLES),
  status: OneOf(USER_STATUSES),
  last_active_at: Nullable(Timestamp()),
  assigned_project_ids: Type.Array(Uuid()),
  notification_preferences: NotificationPreferences,
})
export type User = Static<typeof User>

export const ApiKey = Closed({
  id: Uuid(),
  prefix: Text(40, { description: 'The public first part of the key, enough to recognise it.' }),
  created_at: Timestamp(),
  last_used_at: Nullable(Timestamp()),
  expires_at: Nullable(Timestamp()),
  revoked_at: Nullable(Timestamp()),
})
export type ApiKey = Static<typeof ApiKey>

export const ScimToken = Closed({
  id: Uuid(),
  name: Line(LIMITS.scim_token_name_max),
  prefix: Text(40, { description: 'The public first part of the token, enough to recognise it.' }),
  created_by: Uuid('The administrator with whose rights it acts.'),
  created_at: Timestamp(),
  last_used_at: Nullable(Timestamp('As exact as a minute.')),
})
export type ScimToken = Static<typeof ScimToken>

export const ProjectLink = Closed({ label: Line(LIMITS.link_label_max), url: HttpsUrl })
export type ProjectLink = Static<typeof ProjectLink>

export const TaskCounts = Closed({
  backlog: Count(),
  'in-progress': Count(),
  'in-review': Count(),
  complete: Count(),
})
export type TaskCounts = Static<typeof TaskCounts>

export const Project = Closed({
  id: Uuid(),
  name: Text(LIMITS.project_name_max),
  type: OneOf(PROJECT_TYPES),
  description: Text(LIMITS.description_max, { min: 0 }),
  stage: OneOf(PROJECT_STAGES),
  owner_id: Nullable(Uuid()),
  links: Type.Array(ProjectLink),
  assigned_user_ids: Type.Array(Uuid()),
  channel_id: Uuid(),
  task_counts: TaskCounts,
  version: Count(),
  created_at: Timestamp(),
  updated_at: Timestamp(),
})
export type Project = Static<typeof Project>

export const Evidence = Closed({
  id: Uuid(),
  type: OneOf(EVIDENCE_TYPES),
  url: HttpsUrl,
  added_by: Uuid(),
  created_at: Timestamp(),
})
export type Evidence = Static<typeof Evidence>

export const TaskRef = Closed({
  id: Uuid(),
  title: Text(LIMITS.task_title_max),
  status: OneOf(TASK_STATUSES),
})
export type TaskRef = Static<typeof TaskRef>

export const SubAgent = Closed({
  id: Uuid(),
  task_id: Uuid(),
  host_agent_id: Nullable(Uuid()),
  model: Text(LIMITS.model_max),
  display_name: Text(LIMITS.display_name_max, { description: 'Its name in chat and in the log.' }),
  status: OneOf(SUB_AGENT_STATUSES),
  created_by: Uuid(),
  expires_at: Timestamp(),
  seconds_remaining: Count(),
  summary: Nullable(Text(LIMITS.summary_max)),
  created_at: Timestamp(),
  ended_at: Nullable(Timestamp()),
})
export type SubAgent = Static<typeof SubAgent>

export const Task = Closed({
  id: Uuid(),
  title: Text(LIMITS.task_title_max),
  description: Text(LIMITS.description_max, { min: 0 }),
  type: OneOf(TASK_TYPES),
  priority: OneOf(PRIORITIES),
  status: OneOf(TASK_STATUSES),
  project_ids: Type.Array(Uuid()),
  assignee_ids: Type.Array(Uuid()),
  required_evidence_types: Type.Array(OneOf(EVIDENCE_TYPES)),
  evidence: Type.Array(Evidence),
  blocked_by: Type.Array(TaskRef),
  blocks: Type.Array(TaskRef),
  is_blocked: Type.Boolean(),
  sub_agents: Type.Array(SubAgent, { description: 'The active ones and the latest that ended.' }),
  version: Count(),
  created_by: Uuid(),
  completed_at: Nullable(Timestamp()),
  archived_at: Nullable(Timestamp()),
  created_at: Timestamp(),
  updated_at: Timestamp(),
})
export type Task = Static<typeof Task>

export const Channel = Closed({
  id: Uuid(),
  name: Text(LIMITS.project_name_max),
  topic: Nullable(Text(LIMITS.channel_topic_max)),
  type: OneOf(CHANNEL_TYPES),
  project_id: Nullable(Uuid()),
  last_seq: Count(),
  read_seq: Count(),
  unread_count: Count(),
  mention_count: Count(),
  rewinds: Count({ description: 'How often the caller marked messages as unread again.' }),
  muted: Type.Boolean({ description: 'By the caller, for itself.' }),
})
export type Channel = Static<typeof Channel>

export const Delivery = Closed({
  agent_id: Uuid(),
  state: OneOf(DELIVERY_STATES),
  detail: Nullable(Text(LIMITS.delivery_detail_max)),
  updated_at: Timestamp(),
})
export type Delivery = Static<typeof Delivery>

/** A delivery with its place, in the list of an agent. */
export const AgentDelivery = Closed({
  channel_id: Uuid(),
  seq: Count({ minimum: 1, description: 'Of the message in its channel.' }),
  ...Delivery.properties,
})
export type AgentDelivery = Static<typeof AgentDelivery>

export const Sender = Closed({
  id: Nullable(Uuid('Null when the server itself speaks.')),
  type: OneOf(SENDER_TYPES),
  display_name: Text(LIMITS.display_name_max),
})
export type Sender = Static<typeof Sender>

export const Message = Closed({
  id: Uuid(),
  channel_id: Uuid(),
  seq: Count({ minimum: 1, description: 'Place in the channel, contiguous from 1.' }),
  kind: OneOf(MESSAGE_KINDS),
  sender: Sender,
  content: Text(LIMITS.message_content_max),
  mentions: Type.Array(Uuid()),
  ignored_mentions: Type.Array(Type.String(), {
    description:
      'Not notified: mentioned without access to the channel or beyond the limit, or left out by the sender.',
  }),
  reply_to: Nullable(Uuid()),
  client_id: Nullable(Text(LIMITS.client_id_max)),
  deliveries: Type.Array(Delivery),
  created_at: Timestamp(),
})
export type Message = Static<typeof Message>

/** Tombstone in the log of a message whose text retention removed. */
export const MessageTombstone = Closed({
  id: Uuid(),
  channel_id: Uuid(),
  seq: Count({ minimum: 1 }),
  removed: Type.Literal(true),
})
export type MessageTombstone = Static<typeof MessageTombstone>

export const Notification = Closed({
  id: Uuid(),
  type: OneOf(NOTIFICATION_TYPES),
  event_sequence: Count(),
  resource: Closed({
    type: OneOf(['task', 'message', 'project', 'sub_agent', 'export', 'user']),
    id: Uuid(),
    channel_id: Nullable(Uuid()),
    seq: Nullable(Count()),
  }),
  title: Type.String(),
  read_at: Nullable(Timestamp()),
  created_at: Timestamp(),
})
export type Notification = Static<typeof Notification>

/** How many notifications a request has marked as read. */
export const ReadCount = Closed({ read_count: Count() })
export type ReadCount = Static<typeof ReadCount>

/** A mail to a member: about notifications, or with the link of an invite. Its text is not kept. */
export const Email = Closed({
  id: Uuid(),
  kind: OneOf(EMAIL_KINDS),
  user_id: Uuid(),
  address: Type.String({ description: 'As it was at the last attempt.' }),
  notification_ids: Type.Array(Uuid()),
  status: OneOf(EMAIL_STATUSES),
  attempts: Count(),
  last_error: Nullable(Type.String()),
  created_at: Timestamp(),
  updated_at: Timestamp(),
  sent_at: Nullable(Timestamp()),
})
export type Email = Static<typeof Email>

/** Whether and how the mails of an organization get out. */
export const EmailDelivery = Closed({
  configured: Type.Boolean({ description: 'The server has a mail server. Without one no mail is made.' }),
  from_address: Nullable(Type.String({ description: 'Author of the mails; null without a mail server.' })),
  figures: Nullable(
    Closed(
      {
        pending: Count(),
        failed: Count(),
        last_error: Nullable(Type.String({ description: 'Of the newest mail that is not sent.' })),
        last_sent_at: Nullable(Timestamp()),
      },
      { description: 'For administrators; null for everybody else.' },
    ),
  ),
})
export type EmailDelivery = Static<typeof EmailDelivery>

/** What an unsubscribe link has done. */
export const Unsubscribed = Closed({ org_name: Type.String(), email: Type.Literal('none') })
export type Unsubscribed = Static<typeof Unsubscribed>

export const Export = Closed({
  id: Uuid(),
  status: OneOf(EXPORT_STATUSES),
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  size_bytes: Nullable(Count()),
  sha256: Nullable(Type.String()),
  error: Nullable(Type.String()),
  expires_at: Nullable(Timestamp()),
  /** Of a backup by schedule: where it lies. Null for an export that somebody asked for. */
  backup: Nullable(OneOf(BACKUP_DESTINATIONS)),
  created_at: Timestamp(),
})
export type Export = Static<typeof Export>

/** A background job of the org whose last attempt failed. */
export const FailedJob = Closed({
  id: Text(20, { pattern: '^[1-9][0-9]*$', examples: ['42'] }),
  kind: Text(LIMITS.job_kind_max, { examples: ['send_email'] }),
  attempts: Count(),
  error: Nullable(Text(LIMITS.job_error_max, { description: 'What the last attempt ended with.' })),
  created_at: Timestamp(),
  failed_at: Timestamp(),
})
export type FailedJob = Static<typeof FailedJob>

/** Schemas that the API document names under `components.schemas`. */
export const RESOURCES: Record<string, TSchema> = {
  Org,
  User,
  ApiKey,
  ScimToken,
  Project,
  Task,
  Evidence,
  SubAgent,
  Channel,
  Message,
  MessageTombstone,
  Delivery,
  Notification,
  Email,
  Export,
  FailedJob,
  OrgSettings,
}
