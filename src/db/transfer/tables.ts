import type { TSchema } from '@sinclair/typebox'
import { getTableColumns, getTableName, type Table } from 'drizzle-orm'
import { EMAIL_PATTERN } from '../../contracts/addresses.ts'
import { LIMITS } from '../../contracts/limits.ts'
import { Subscriptions } from '../../contracts/requests.ts'
import { Notification, Project, User } from '../../contracts/resources.ts'
import { HttpsUrl, Name, Text, Username } from '../../contracts/schema.ts'
import { OrgSettings } from '../../contracts/settings.ts'
import { channel_reads, channels, events, message_deliveries, messages } from '../schema/chat.ts'
import { users } from '../schema/global.ts'
import { alarms, memberships, notifications, organizations, subscriptions } from '../schema/orgs.ts'
import {
  exports as exports_table,
  project_users,
  projects,
  sub_agents,
  task_assignees,
  task_dependencies,
  task_evidence,
  task_projects,
  tasks,
} from '../schema/work.ts'

/** One column of a file: its type as PostgreSQL names it, and the values that it takes. */
export interface TransferColumn {
  name: string
  type: string
  nullable: boolean
  /** The words of an enumeration. */
  words: readonly string[] | undefined
  /** Schema of a JSON value, or of a text that people or programs take for more than a text. */
  schema: TSchema | undefined
  /** Expression over the row `x`, when the file does not hold the column as it is stored. */
  expression: string | undefined
}

/** One file of an export: rows of one table in the order of its key. */
export interface TransferTable {
  /** Name of the file without its ending. */
  file: string
  table: string
  /** The columns whose values name a row, in the order of the file. */
  key: readonly string[]
  columns: readonly TransferColumn[]
  /** Columns that no file holds, each with the reason. */
  left_out: Readonly<Record<string, string>>
  /** Column that names the org; undefined for a global table. */
  org_column: 'org_id' | 'id' | undefined
  /** Condition on the row `x` beside its org. */
  where: string | undefined
  /** Columns that an import computes, as expressions over the row `r` of the file. */
  on_load: Readonly<Record<string, string>>
}

type ColumnOf<T extends Table> = keyof T['_']['columns'] & string

interface Choice<T extends Table> {
  key: readonly ColumnOf<T>[]
  /** Beside the key. */
  columns: readonly ColumnOf<T>[]
  left_out?: Partial<Record<ColumnOf<T>, string>>
  schemas?: Partial<Record<ColumnOf<T>, TSchema>>
  expressions?: Partial<Record<ColumnOf<T>, string>>
  org_column?: 'id' | null
  where?: string
  on_load?: Partial<Record<ColumnOf<T>, string>>
}

const DERIVED = 'computed by the database from other columns'

/** A file comes from anywhere: its texts keep the bounds and the rules of those that requests bring. */
const Long = (max: number) => Text(max, { min: 0 })
/** A name as it was when something happened. */
const NameThen = Text(LIMITS.project_name_max, { min: 0, pattern: '^[^\\p{Cc}\\p{Zl}\\p{Zp}]*$' })
const Email = Text(LIMITS.email_max, { pattern: EMAIL_PATTERN })

/**
 * What an export holds, in the order in which an import stores it: referenced rows first. Every column of these tables is
 * either in the file or left out for a reason; a test compares this list with the catalogue.
 */
export const TRANSFER_TABLES: readonly TransferTable[] = [
  of('organization', organizations, {
    key: ['id'],
    columns: ['slug', 'name', 'status', 'deletion_at', 'settings', 'created_at', 'updated_at'],
    schemas: { name: Name(LIMITS.org_name_max), settings: OrgSettings },
    org_column: 'id',
  }),
  of('users', users, {
    key: ['id'],
    columns: ['type', 'email', 'display_name', 'status', 'created_at', 'updated_at'],
    schemas: { email: Email, display_name: Name(LIMITS.display_name_max) },
    left_out: {
      password_hash: 'a credential',
      password_set_at: 'belongs to the password',
      email_set_at: 'belongs to links of this server',
      email_proved_at: 'proved to this server, not to another one',
      language: 'of the account, which is global: the app tells each server',
    },
    org_column: null,
    where: `exists (select from memberships m where m.org_id = $org and (m.user_id = x.id or m.account_id = x.id))`,
  }),
  of('memberships', memberships, {
    key: ['user_id'],
    columns: [
      'account_id',
      'account_since',
      'type',
      'role',
      'display_name',
      'username',
      'former_usernames',
      'commands',
      'client',
      'identifier',
      'status',
      'notification_preferences',
      'preference_chosen',
      'last_active_at',
      'created_at',
      'updated_at',
    ],
    schemas: {
      display_name: Name(LIMITS.display_name_max),
      username: Username,
      identifier: Long(LIMITS.identifier_max),
      former_usernames: User.properties.former_usernames,
      commands: User.properties.commands,
      client: User.properties.client,
      notification_preferences: User.properties.notification_preferences,
    },
  }),
  of('projects', projects, {
    key: ['id'],
    columns: [
      'name',
      'type',
      'description',
      'stage',
      'owner_id',
      'links',
      'channel_id',
      'version',
      'created_by',
      'created_at',
      'updated_at',
      'archived_at',
    ],
    schemas: {
      name: Name(LIMITS.project_name_max),
      description: Long(LIMITS.description_max),
      links: Project.properties.links,
    },
  }),
  of('project_users', project_users, { key: ['project_id', 'user_id'], columns: ['created_at'] }),
  of('tasks', tasks, {
    key: ['id'],
    columns: [
      'title',
      'description',
      'type',
      'priority',
      'status',
      'required_evidence_types',
      'version',
      'created_by',
      'completed_at',
      'archived_at',
      'created_at',
      'updated_at',
    ],
    schemas: { title: Text(LIMITS.task_title_max), description: Long(LIMITS.description_max) },
    left_out: { is_blocked: DERIVED },
  }),
  of('task_projects', task_projects, { key: ['task_id', 'project_id'], columns: [] }),
  of('task_assignees', task_assignees, { key: ['task_id', 'user_id'], columns: ['created_at'] }),
  of('task_dependencies', task_dependencies, { key: ['task_id', 'blocked_by_id'], columns: ['created_at'] }),
  of('task_evidence', task_evidence, {
    key: ['id'],
    columns: ['task_id', 'type', 'url', 'added_by', 'created_at'],
    schemas: { url: HttpsUrl },
  }),
  of('sub_agents', sub_agents, {
    key: ['id'],
    columns: [
      'task_id',
      'number',
      'display_name',
      'host_agent_id',
      'model',
      'instructions',
      'status',
      'created_by',
      'expires_at',
      'summary',
      'created_at',
      'ended_at',
    ],
    schemas: {
      display_name: NameThen,
      model: Text(LIMITS.model_max),
      instructions: Long(LIMITS.instructions_max),
      summary: Long(LIMITS.summary_max),
    },
  }),
  of('channels', channels, {
    key: ['id'],
    columns: ['name', 'topic', 'type', 'project_id', 'last_seq', 'created_at'],
    // The channel of a project has its name.
    schemas: { name: Name(LIMITS.project_name_max), topic: Long(LIMITS.channel_topic_max) },
  }),
  of('channel_reads', channel_reads, {
    key: ['channel_id', 'user_id'],
    columns: ['read_seq', 'own_count', 'mention_count', 'rewinds', 'muted', 'updated_at'],
  }),
  of('messages', messages, {
    key: ['channel_id', 'seq'],
    columns: [
      'id',
      'sender_id',
      'sender_type',
      'sender_name',
      'kind',
      'content',
      'mentions',
      'ignored_mentions',
      'client_id',
      'reply_to',
      'created_at',
    ],
    schemas: {
      sender_name: NameThen,
      content: Long(LIMITS.message_content_max),
      client_id: Long(LIMITS.client_id_max),
    },
  }),
  of('deliveries', message_deliveries, {
    key: ['channel_id', 'seq', 'agent_id'],
    columns: ['state', 'detail', 'updated_at'],
    schemas: { detail: Long(LIMITS.delivery_detail_max) },
  }),
  of('events', events, {
    key: ['sequence'],
    columns: [
      'type',
      'actor_id',
      'actor_type',
      'actor_name',
      'project_ids',
      'task_id',
      'channel_id',
      'message_id',
      'message_seq',
      'subject_ids',
      'payload',
      'created_at',
    ],
    schemas: { actor_name: NameThen },
  }),
  of('notifications', notifications, {
    key: ['id'],
    columns: ['user_id', 'type', 'event_sequence', 'resource', 'title', 'read_at', 'created_at'],
    schemas: { resource: Notification.properties.resource },
  }),
  of('subscriptions', subscriptions, {
    key: ['user_id'],
    columns: ['mode', 'topics', 'updated_at'],
    schemas: { topics: Subscriptions.properties.topics },
  }),
  of('alarms', alarms, {
    key: ['kind', 'target_id'],
    columns: ['due_at', 'payload', 'created_at'],
    left_out: { next_at: 'the next try of this server', attempts: 'tries of this server' },
    on_load: { next_at: 'r.due_at' },
  }),
  of('exports', exports_table, {
    key: ['id'],
    columns: [
      'requested_by',
      'backup',
      'status',
      'progress',
      'size_bytes',
      'sha256',
      'error',
      'expires_at',
      'created_at',
      'updated_at',
    ],
    left_out: { path: 'a place in the storage of this server', attempts: 'tries of this server' },
    // The history: its files are not part of the copy, and one under way (this one) is no history yet.
    expressions: { status: `case x.status when 'ready' then 'expired' else x.status end` },
    where: `x.status in ('ready', 'failed', 'expired')`,
  }),
]

/** Tables that no export holds, each with the reason. */
export const TABLES_LEFT_OUT: Readonly<Record<string, string>> = {
  api_keys: 'credentials: agents get new keys',
  invites: 'credentials: one-time links are made anew',
  archives: 'files of this server, which an export does not hold',
  scim_tokens: 'credentials: identity providers get new tokens',
  scim_users:
    'names that the identity provider of this organization has, and sends again with the next token',
  emails: 'mails of this server, which holds their state; what they tell is in the notifications',
  identities: 'credentials of accounts, which are global',
  sessions: 'credentials of accounts, which are global',
  passkeys: 'credentials of accounts, which are global',
  second_factors: 'credentials of accounts, which are global',
  recovery_codes: 'credentials of accounts, which are global',
  account_pictures: 'belong to accounts, which are global: people have theirs on each server',
  spent_tokens: 'state of one-time tokens of this server',
  account_emails: 'mails of this server to accounts, which are global',
  idempotency_keys: 'answers to requests of the last day, kept for retries to this server',
  recent_commands: 'answers to calls of the last minutes, kept for retries inside this server',
  message_client_ids: 'retries of the last month to this server; the ids themselves are in the messages',
  org_heads: 'ownership inside this cluster; log and sequence are in the manifest',
}

function of<T extends Table>(file: string, table: T, choice: Choice<T>): TransferTable {
  const {
    key,
    columns,
    left_out = {},
    schemas = {},
    expressions = {},
    org_column,
    where,
    on_load = {},
  } = choice
  const all = getTableColumns(table)
  return {
    file,
    table: getTableName(table),
    key,
    columns: [...key, ...columns].map((name) => {
      const column = all[name]
      if (!column) throw new Error(`unreachable: ${file} has no column ${name}`)
      return {
        name,
        type: column.getSQLType(),
        nullable: !column.notNull,
        words: column.enumValues,
        schema: (schemas as Record<string, TSchema | undefined>)[name],
        expression: (expressions as Record<string, string | undefined>)[name],
      }
    }),
    left_out: left_out as Record<string, string>,
    org_column: org_column === null ? undefined : (org_column ?? 'org_id'),
    where,
    on_load: on_load as Record<string, string>,
  }
}
