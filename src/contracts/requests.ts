import { type Static, Type } from '@sinclair/typebox'
import { EMAIL_PATTERN } from './addresses.ts'
import { LIMITS } from './limits.ts'
import { AgentClient, AgentCommand, NotificationPreferences, ProjectLink } from './resources.ts'
import {
  Closed,
  Count,
  FreeForm,
  HttpsUrl,
  Line,
  Name,
  Nullable,
  OneOf,
  Text,
  Username,
  Uuid,
} from './schema.ts'
import { SETTING_RANGES } from './setting-limits.ts'
import {
  DELIVERY_STATES,
  EVIDENCE_TYPES,
  LANGUAGES,
  MESSAGE_KINDS,
  PRIORITIES,
  PROJECT_STAGES,
  PROJECT_TYPES,
  PROVIDERS,
  ROLES,
  TASK_STATUSES,
  TASK_TYPES,
  TOPIC_TYPES,
} from './vocabulary.ts'

const opt = Type.Optional
const ids = (description?: string) =>
  Type.Array(Uuid(), { maxItems: LIMITS.ids_max, ...(description ? { description } : {}) })

const Email = Text(LIMITS.email_max, {
  pattern: EMAIL_PATTERN,
  examples: ['ines@example.com'],
})
const Password = Text(LIMITS.password_max, { min: 1, description: 'Ten characters or more when it is set.' })
const Slug = Text(LIMITS.org_slug_max, {
  min: LIMITS.org_slug_min,
  pattern: '^[a-z0-9][a-z0-9-]*[a-z0-9]$',
  examples: ['fieldnote'],
})

// -- sign-in ----------------------------------------------------------------------------------------------------------
export const SetupBody = Closed({
  token: Text(200),
  name: Name(LIMITS.display_name_max),
  email: Email,
  password: Password,
  org_name: Name(LIMITS.org_name_max),
  org_slug: Slug,
  token_response: opt(Type.Boolean()),
})
export type SetupBody = Static<typeof SetupBody>

export const PasswordBody = Closed({
  email: Text(LIMITS.email_max),
  password: Password,
  token_response: opt(
    Type.Boolean({ description: 'Answer the session token in the body (wrapped mobile app).' }),
  ),
})
export type PasswordBody = Static<typeof PasswordBody>

export const AcceptInviteBody = Closed({
  name: opt(Name(LIMITS.display_name_max)),
  password: opt(Password),
  provider: opt(OneOf(PROVIDERS, { description: 'Instead of a password: the answer says where to go on.' })),
  token_response: opt(Type.Boolean()),
})
export type AcceptInviteBody = Static<typeof AcceptInviteBody>

/** The new password of a member, by a one-time link. */
export const SetPasswordBody = Closed({ password: Password, token_response: opt(Type.Boolean()) })
export type SetPasswordBody = Static<typeof SetPasswordBody>

/** Adds an identity at a provider to the own account. */
export const LinkIdentityBody = Closed({
  provider: OneOf(PROVIDERS),
  return_to: opt(Text(LIMITS.url_max, { description: 'Local path to open afterwards.' })),
  /** Left out within ten minutes of a sign-in. */
  current_password: opt(Password),
})
export type LinkIdentityBody = Static<typeof LinkIdentityBody>

/** The own picture; the app sends it scaled down. */
export const PictureBody = Closed({
  image: Text(LIMITS.picture_text_max, {
    pattern: '^[A-Za-z0-9+/]+={0,2}$',
    description: 'The bytes of the file in base64.',
    examples: ['R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'],
  }),
})
export type PictureBody = Static<typeof PictureBody>

/** The language in which the person uses the app. */
export const LanguageBody = Closed({ language: OneOf(LANGUAGES) })
export type LanguageBody = Static<typeof LanguageBody>

/** Without the current password for an account that has none. */
export const ChangePasswordBody = Closed({ current_password: opt(Password), new_password: Password })
export type ChangePasswordBody = Static<typeof ChangePasswordBody>

/** Whoever forgot the password is mailed a link. */
export const PasswordResetBody = Closed({ email: Email })
export type PasswordResetBody = Static<typeof PasswordResetBody>

export const ChangeEmailBody = Closed({ email: Email, current_password: Password })
export type ChangeEmailBody = Static<typeof ChangeEmailBody>

/** The password of the account whose new address a mailed link confirms. */
export const ConfirmEmailBody = Closed({ password: Password })
export type ConfirmEmailBody = Static<typeof ConfirmEmailBody>

/** The second step of a sign-in: the token of the first one, and a code. */
export const SecondStepBody = Closed({
  token: Text(LIMITS.signed_token_max),
  code: Text(LIMITS.second_factor_code_max, { examples: ['492039'] }),
  token_response: opt(Type.Boolean()),
})
export type SecondStepBody = Static<typeof SecondStepBody>

/** Asked for again before the own sign-in changes. */
export const ConfirmPasswordBody = Closed({ current_password: Password })
export type ConfirmPasswordBody = Static<typeof ConfirmPasswordBody>

export const SecondFactorCodeBody = Closed({ code: SecondStepBody.properties.code })
export type SecondFactorCodeBody = Static<typeof SecondFactorCodeBody>

export const SecondFactorOffBody = Closed({
  current_password: Password,
  code: SecondStepBody.properties.code,
})
export type SecondFactorOffBody = Static<typeof SecondFactorOffBody>

const base64url = (max: number) => Text(max, { pattern: '^[A-Za-z0-9_-]+$' })
const credential_id = base64url(LIMITS.credential_id_max)
const webauthn_data = base64url(LIMITS.webauthn_data_max)

/** What the browser answered when it made a passkey. Binary values are base64url. */
export const PasskeyCreateBody = Closed({
  token: Text(LIMITS.signed_token_max),
  name: Name(LIMITS.passkey_name_max, { examples: ['Phone'] }),
  credential: Closed({
    id: credential_id,
    client_data: webauthn_data,
    attestation: webauthn_data,
    transports: Type.Array(Text(LIMITS.passkey_transport_max, { examples: ['internal'] }), {
      maxItems: LIMITS.passkey_transports_max,
    }),
  }),
})
export type PasskeyCreateBody = Static<typeof PasskeyCreateBody>

/** What the browser answered when it signed a challenge with a passkey. */
export const PasskeySignInBody = Closed({
  token: Text(LIMITS.signed_token_max),
  credential: Closed({
    id: credential_id,
    client_data: webauthn_data,
    authenticator_data: webauthn_data,
    signature: webauthn_data,
  }),
  token_response: opt(Type.Boolean()),
})
export type PasskeySignInBody = Static<typeof PasskeySignInBody>

// -- organizations ------------------------------------------------------------------------------------------------------
export const OrgCreate = Closed({ name: Name(LIMITS.org_name_max), slug: Slug })
export type OrgCreate = Static<typeof OrgCreate>

export const OrgPatch = Closed({
  name: opt(Name(LIMITS.org_name_max)),
  settings: opt(FreeForm('JSON Merge Patch of the settings; 64 KiB at the most.')),
})
export type OrgPatch = Static<typeof OrgPatch>

export const OrgDelete = Closed({ confirm: Text(LIMITS.org_slug_max) })
export type OrgDelete = Static<typeof OrgDelete>

// -- users and keys -----------------------------------------------------------------------------------------------------
export const UserCreate = Type.Union([
  Closed({
    type: Type.Literal('human'),
    email: Email,
    display_name: Name(LIMITS.display_name_max),
    role: OneOf(ROLES),
  }),
  Closed({
    type: Type.Literal('agent'),
    identifier: Name(LIMITS.identifier_max, { examples: ['release-scribe'] }),
    display_name: Name(LIMITS.display_name_max),
    role: OneOf(ROLES),
  }),
])
export type UserCreate = Static<typeof UserCreate>

export const UserPatch = Closed({
  role: opt(OneOf(ROLES)),
  display_name: opt(Name(LIMITS.display_name_max)),
  username: opt(Username),
  notification_preferences: opt(NotificationPreferences),
})
export type UserPatch = Static<typeof UserPatch>

export const KeyRotate = Closed({ grace_hours: opt(Type.Integer({ minimum: 0, maximum: 8760 })) })
export type KeyRotate = Static<typeof KeyRotate>

export const ScimTokenCreate = Closed({
  name: Line(LIMITS.scim_token_name_max, { examples: ['Our directory'] }),
})
export type ScimTokenCreate = Static<typeof ScimTokenCreate>

// -- projects -----------------------------------------------------------------------------------------------------------
const projectFields = {
  name: Name(LIMITS.project_name_max),
  type: OneOf(PROJECT_TYPES),
  description: Text(LIMITS.description_max, { min: 0 }),
  owner_id: Nullable(Uuid()),
  links: Type.Array(ProjectLink, { maxItems: LIMITS.project_links_max }),
}
export const ProjectCreate = Closed({
  name: projectFields.name,
  type: projectFields.type,
  description: opt(projectFields.description),
  owner_id: opt(projectFields.owner_id),
  links: opt(projectFields.links),
  assigned_user_ids: opt(ids()),
})
export type ProjectCreate = Static<typeof ProjectCreate>

export const ProjectPatch = Type.Partial(Closed(projectFields), { additionalProperties: false })
export type ProjectPatch = Static<typeof ProjectPatch>

export const ProjectTransition = Closed({
  to_stage: OneOf(PROJECT_STAGES),
  comment: opt(Nullable(Text(LIMITS.comment_max, { min: 0 }))),
})
export type ProjectTransition = Static<typeof ProjectTransition>

// -- tasks --------------------------------------------------------------------------------------------------------------
const taskFields = {
  title: Line(LIMITS.task_title_max),
  description: Text(LIMITS.description_max, { min: 0 }),
  type: OneOf(TASK_TYPES),
  priority: OneOf(PRIORITIES),
  project_ids: ids(),
  assignee_ids: ids(),
  required_evidence_types: Type.Array(OneOf(EVIDENCE_TYPES), {
    maxItems: EVIDENCE_TYPES.length,
    uniqueItems: true,
  }),
}
export const TaskCreate = Closed({
  title: taskFields.title,
  description: opt(taskFields.description),
  type: opt(taskFields.type),
  priority: opt(taskFields.priority),
  project_ids: opt(taskFields.project_ids),
  assignee_ids: opt(taskFields.assignee_ids),
  required_evidence_types: opt(taskFields.required_evidence_types),
  blocked_by_ids: opt(ids()),
})
export type TaskCreate = Static<typeof TaskCreate>

export const TaskPatch = Type.Partial(Closed(taskFields), { additionalProperties: false })
export type TaskPatch = Static<typeof TaskPatch>

export const EvidenceCreate = Closed({ type: OneOf(EVIDENCE_TYPES), url: HttpsUrl })
export type EvidenceCreate = Static<typeof EvidenceCreate>

export const TaskTransition = Closed({
  to_status: OneOf(TASK_STATUSES),
  comment: opt(Nullable(Text(LIMITS.comment_max, { min: 0 }))),
  evidence: opt(Type.Array(EvidenceCreate, { maxItems: 20 })),
})
export type TaskTransition = Static<typeof TaskTransition>

// -- sub-agents ---------------------------------------------------------------------------------------------------------
export const SubAgentCreate = Closed({
  task_id: Uuid(),
  model: Line(LIMITS.model_max),
  instructions: Text(LIMITS.instructions_max),
  timeout_minutes: opt(
    Type.Integer({
      ...SETTING_RANGES.sub_agent_timeout_minutes,
      description: 'From the organization’s settings when it is left out.',
    }),
  ),
  host_agent_id: opt(
    Nullable(Uuid('The agent that runs it, and fetches its key. Without one the answer carries the key.')),
  ),
})
export type SubAgentCreate = Static<typeof SubAgentCreate>

export const SubAgentTerminate = Closed({ reason: opt(Nullable(Text(LIMITS.comment_max, { min: 0 }))) })
export type SubAgentTerminate = Static<typeof SubAgentTerminate>

export const SubAgentComplete = Closed({ summary: Text(LIMITS.summary_max) })
export type SubAgentComplete = Static<typeof SubAgentComplete>

// -- channels and messages ------------------------------------------------------------------------------------------------
export const ChannelCreate = Closed({ name: Name(LIMITS.channel_name_max) })
export type ChannelCreate = Static<typeof ChannelCreate>

export const ChannelPatch = Closed({
  name: opt(Name(LIMITS.channel_name_max)),
  topic: opt(
    Nullable(Text(LIMITS.channel_topic_max, { min: 0, description: 'One line; empty or null removes it.' })),
  ),
})
export type ChannelPatch = Static<typeof ChannelPatch>

/** Members that a message neither notifies nor wakes. */
export const LeaveOut = Type.Array(Uuid(), {
  maxItems: LIMITS.mentions_max,
  description:
    'Readers of the channel that are neither mentioned nor woken, whatever the text says. They are answered in `ignored_mentions`.',
})

export const MessageCreate = Closed({
  content: Text(LIMITS.message_content_max),
  mentions: opt(Type.Array(Uuid(), { maxItems: LIMITS.mentions_max })),
  leave_out: opt(LeaveOut),
  client_id: opt(Text(LIMITS.client_id_max)),
  reply_to: opt(Nullable(Uuid())),
  kind: opt(
    OneOf(MESSAGE_KINDS, {
      description:
        '`text`; `command` from people, for a command whose name the channel does not know; `command_output` from agents.',
    }),
  ),
})
export type MessageCreate = Static<typeof MessageCreate>

export const ReadMark = Closed({
  seq: Count(),
  rewinds: Type.Optional(
    Count({ description: 'As the client knows it; out of date, the marker stays where it is.' }),
  ),
})
export type ReadMark = Static<typeof ReadMark>

export const UnreadMark = Closed({
  seq: Count({ minimum: 1, description: 'The first message that is unread again.' }),
})
export type UnreadMark = Static<typeof UnreadMark>

export const NotificationsRead = Closed({
  up_to: opt(
    Count({
      description: 'An `event_sequence`: notifications of later events stay unread. All, if left out.',
    }),
  ),
})
export type NotificationsRead = Static<typeof NotificationsRead>

export const ChannelPreferences = Closed({ muted: Type.Boolean() })
export type ChannelPreferences = Static<typeof ChannelPreferences>

export const AgentCommands = Type.Array(AgentCommand, {
  maxItems: LIMITS.agent_commands_max,
  description: 'All commands of the agent; those that it registered before are replaced.',
})
export type AgentCommands = Static<typeof AgentCommands>

const { reported_at: _, ...reported } = AgentClient.properties
/** What the client of an agent says of itself. */
export const ClientReport = Closed(reported)
export type ClientReport = Static<typeof ClientReport>

export const DeliveryReport = Closed({
  state: OneOf(DELIVERY_STATES),
  detail: opt(Nullable(Text(LIMITS.delivery_detail_max, { min: 0 }))),
})
export type DeliveryReport = Static<typeof DeliveryReport>

// -- subscriptions --------------------------------------------------------------------------------------------------------
const topics = Type.Array(Closed({ topic_type: OneOf(TOPIC_TYPES), topic_id: Uuid() }), {
  maxItems: LIMITS.topics_max,
})
export const Subscriptions = Closed({ mode: OneOf(['all', 'topics']), topics })
export type Subscriptions = Static<typeof Subscriptions>

/** `topics` may be omitted with the mode `all`. */
export const SubscriptionsPut = Closed({ mode: Subscriptions.properties.mode, topics: opt(topics) })
