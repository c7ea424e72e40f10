/** The closed vocabularies of fields, one list each, used by schemas, domain and UI. */
export const ROLES = ['administrator', 'contributor'] as const
export type Role = (typeof ROLES)[number]

export const USER_TYPES = ['human', 'agent'] as const
export type UserType = (typeof USER_TYPES)[number]

export const USER_STATUSES = ['active', 'invited', 'deactivated'] as const
export type UserStatus = (typeof USER_STATUSES)[number]

export const ORG_STATUSES = ['active', 'suspended', 'pending_deletion'] as const
export type OrgStatus = (typeof ORG_STATUSES)[number]

/** In order: a transition goes one stage forward or any number back. */
export const PROJECT_STAGES = [
  'definition',
  'poc',
  'development',
  'testing',
  'adoption',
  'maintenance',
  'end-of-life',
] as const
export type ProjectStage = (typeof PROJECT_STAGES)[number]

export const PROJECT_TYPES = ['software', 'docs', 'launch'] as const
export type ProjectType = (typeof PROJECT_TYPES)[number]

export const TASK_STATUSES = ['backlog', 'in-progress', 'in-review', 'complete'] as const
export type TaskStatus = (typeof TASK_STATUSES)[number]

export const TASK_TYPES = ['bug', 'feature', 'chore'] as const
export type TaskType = (typeof TASK_TYPES)[number]

/** In rising order, so that sorting by priority is sorting by index. */
export const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const
export type Priority = (typeof PRIORITIES)[number]

export const EVIDENCE_TYPES = ['pr_link', 'test_results', 'doc_url'] as const
export type EvidenceType = (typeof EVIDENCE_TYPES)[number]

export const CHANNEL_TYPES = ['org_wide', 'project'] as const
export type ChannelType = (typeof CHANNEL_TYPES)[number]

export const MESSAGE_KINDS = ['text', 'command', 'command_output', 'system'] as const
export type MessageKind = (typeof MESSAGE_KINDS)[number]

export const SENDER_TYPES = ['human', 'agent', 'sub_agent', 'system'] as const
export type SenderType = (typeof SENDER_TYPES)[number]

/** In order: a delivery only moves forward; `answered` and `failed` end it. */
export const DELIVERY_STATES = ['queued', 'delivered', 'working', 'answered', 'failed'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** States of a delivery that is not over. */
export const OPEN_DELIVERY_STATES = ['queued', 'delivered', 'working'] as const

/** Messages that start a turn of an agent: those for it, those of people in its projects too, or all that it reads. */
export const AGENT_WAKES = ['mention', 'project', 'all'] as const
export type AgentWake = (typeof AGENT_WAKES)[number]

/** State of an agent's client: able to take messages, or connected but unable. */
export const CLIENT_STATES = ['ready', 'degraded'] as const

export const SUB_AGENT_STATUSES = ['active', 'completed', 'terminated', 'expired'] as const
export type SubAgentStatus = (typeof SUB_AGENT_STATUSES)[number]

export const EXPORT_STATUSES = ['pending', 'processing', 'ready', 'failed', 'expired'] as const
export type ExportStatus = (typeof EXPORT_STATUSES)[number]

/** Where the backups of an org lie: in a folder of the server, or in its bucket. */
export const BACKUP_DESTINATIONS = ['local', 's3'] as const
export type BackupDestination = (typeof BACKUP_DESTINATIONS)[number]

/** Languages of the app, and of mails. */
export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

export const EMAIL_PREFERENCES = ['all', 'mentions', 'none'] as const
export type EmailPreference = (typeof EMAIL_PREFERENCES)[number]

/** A mail is about one notification, about several, or carries the link of an invite. */
export const EMAIL_KINDS = ['notification', 'digest', 'invite'] as const
export type EmailKind = (typeof EMAIL_KINDS)[number]

/** Mails to accounts: a link for a new password, a link that confirms an address, and the word that it has changed. */
export const ACCOUNT_EMAIL_KINDS = ['password_reset', 'email_confirm', 'email_changed'] as const
export type AccountEmailKind = (typeof ACCOUNT_EMAIL_KINDS)[number]

export const EMAIL_STATUSES = ['pending', 'sent', 'failed'] as const
export type EmailStatus = (typeof EMAIL_STATUSES)[number]

export const SIGN_IN_METHODS = ['github', 'google', 'oidc', 'password'] as const
export type SignInMethod = (typeof SIGN_IN_METHODS)[number]

/** What a sign-in was done with, or failed at. */
export const SIGN_IN_PROOFS = [...SIGN_IN_METHODS, 'second_factor', 'passkey'] as const
export type SignInProof = (typeof SIGN_IN_PROOFS)[number]
/** Sign-in methods that another server vouches for. */
export const PROVIDERS = ['github', 'google', 'oidc'] as const satisfies SignInMethod[]
export type ProviderId = (typeof PROVIDERS)[number]

export const TOPIC_TYPES = ['project', 'task', 'channel'] as const
export type TopicType = (typeof TOPIC_TYPES)[number]

/** Rows of the immutable log. */
export const EVENT_TYPES = [
  'org.created',
  'org.updated',
  'org.settings_changed',
  'org.suspended',
  'org.resumed',
  'org.deletion_initiated',
  'org.restored',
  'user.created',
  'user.updated',
  'user.role_changed',
  'user.removed',
  'api_key.rotated',
  'api_key.revoked',
  'api_key.rotation_due',
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
  'project.created',
  'project.updated',
  'project.transitioned',
  'project.archived',
  'project.user_assigned',
  'project.user_unassigned',
  'task.created',
  'task.updated',
  'task.transitioned',
  'task.assigned',
  'task.unassigned',
  'task.dependency_added',
  'task.dependency_removed',
  'task.evidence_added',
  'task.evidence_removed',
  'task.unblocked',
  'task.archived',
  'channel.created',
  'channel.updated',
  'message.created',
  'command.invoked',
  'sub_agent.created',
  'sub_agent.completed',
  'sub_agent.terminated',
  'sub_agent.expired',
  'export.requested',
  'export.ready',
  'export.failed',
  'channel.loop_paused',
  'channel.loop_resumed',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** Types of notifications. */
export const NOTIFICATION_TYPES = [
  'task.assigned',
  'message.mention',
  'task.transitioned',
  'task.unblocked',
  'project.transitioned',
  'sub_agent.ended',
  'export.ready',
  'api_key.rotation_due',
] as const
export type NotificationType = (typeof NOTIFICATION_TYPES)[number]

/** Reasons for the end of a loop-brake pause. */
export const LOOP_RESUME_REASONS = ['human', 'time', 'administrator'] as const
export type LoopResumeReason = (typeof LOOP_RESUME_REASONS)[number]

/** Reasons for refusing an API key. */
export const KEY_REFUSALS = ['malformed', 'unknown', 'wrong', 'revoked', 'expired'] as const
export type KeyRefusal = (typeof KEY_REFUSALS)[number]

/** How a session ended: by signing out with it, from the list of sessions, or by a change of the password or the second factor. */
export const SESSION_ENDS = ['logout', 'revoked', 'password', 'second_factor'] as const
export type SessionEnd = (typeof SESSION_ENDS)[number]

/** How a password was set: by its owner, or by a one-time link of an administrator, of the server's shell, or in a mail. */
export const PASSWORD_CHANGES = ['owner', 'link', 'shell', 'email'] as const

/** What else about its sign-in the owner of an account changed. */
export const ACCOUNT_CHANGES = [
  'email',
  'second_factor_on',
  'second_factor_off',
  'recovery_codes',
  'recovery_code_used',
  'passkey_added',
  'passkey_removed',
] as const
export type AccountChange = (typeof ACCOUNT_CHANGES)[number]

/** Reasons for not honouring a cursor. */
export const RESET_REASONS = ['other_log', 'beyond_head', 'removed'] as const
export type ResetReason = (typeof RESET_REASONS)[number]

/** Reasons for which the server ends an open stream. */
export const REVOCATION_REASONS = ['session', 'key', 'membership', 'expired'] as const
export type RevocationReason = (typeof REVOCATION_REASONS)[number]

/** What can be searched, as the parameter `types` and the counts name it. */
export const SEARCH_TYPES = ['projects', 'tasks', 'messages'] as const
export type SearchType = (typeof SEARCH_TYPES)[number]
