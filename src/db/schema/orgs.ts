import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { Reply } from '../../contracts/calls.ts'
import type { Subscriptions } from '../../contracts/requests.ts'
import type { Notification, User } from '../../contracts/resources.ts'
import type { OrgSettings } from '../../contracts/settings.ts'
import {
  NOTIFICATION_TYPES,
  ORG_STATUSES,
  ROLES,
  USER_STATUSES,
  USER_TYPES,
} from '../../contracts/vocabulary.ts'
import { ALARM_KINDS, type Alarm } from '../../domain/alarm.ts'
import { at, createdAt, id, inOrder, json, orgId, updatedAt } from './columns.ts'
import { users } from './global.ts'

export const organizations = pgTable(
  'organizations',
  {
    id: id().primaryKey(),
    slug: text('slug').notNull().unique(),
    name: text('name').notNull(),
    status: text('status', { enum: ORG_STATUSES }).notNull(),
    deletion_at: at('deletion_at'),
    settings: json<OrgSettings>('settings').notNull(),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  // Asked for every minute, over all orgs.
  (t) => [
    index('organizations_deletion').on(t.deletion_at).where(sql`status = 'pending_deletion'`),
    index('organizations_backup')
      .on(t.id)
      .where(sql`settings #>> '{backup,enabled}' = 'true' and status = 'active'`),
  ],
)

export const orgReference = () => orgId().references(() => organizations.id)

export const memberships = pgTable(
  'memberships',
  {
    org_id: orgReference(),
    user_id: uuid('user_id')
      .notNull()
      .references(() => users.id),
    /** The account that acts as this member: null until the invite is accepted, the agent itself for an agent. */
    account_id: uuid('account_id').references(() => users.id),
    /** A session that was opened before does not enter; null: every session of the account does. */
    account_since: at('account_since'),
    type: text('type', { enum: USER_TYPES }).notNull(),
    role: text('role', { enum: ROLES }).notNull(),
    display_name: text('display_name').notNull(),
    username: text('username').notNull(),
    /** Newest first. Expired ones stay until the next change, and are left out when read. */
    former_usernames: json<NonNullable<User['former_usernames']>>('former_usernames').notNull().default([]),
    /** Of an agent: the commands that it takes. */
    commands: json<NonNullable<User['commands']>>('commands').notNull().default([]),
    /** Of an agent: its client, as it reported itself. */
    client: json<NonNullable<User['client']>>('client'),
    identifier: text('identifier'),
    status: text('status', { enum: USER_STATUSES }).notNull(),
    notification_preferences: json<User['notification_preferences']>('notification_preferences').notNull(),
    /** False until the member first sets its preferences: the organization's default holds. */
    preference_chosen: boolean('preference_chosen').notNull().default(false),
    last_active_at: at('last_active_at'),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.user_id] }),
    unique('memberships_username_key').on(t.org_id, t.username),
    unique('memberships_identifier_key').on(t.org_id, t.identifier),
    index('memberships_name').on(t.org_id, inOrder(t.display_name), t.user_id),
    index('memberships_user').on(t.user_id),
    uniqueIndex('memberships_account').on(t.account_id, t.org_id),
  ],
)

/** Head of an org's log with the epoch of its owner: the row that every batch locks. */
export const org_heads = pgTable('org_heads', {
  org_id: orgReference().primaryKey(),
  epoch: bigint('epoch', { mode: 'number' }).notNull(),
  sequence: bigint('sequence', { mode: 'number' }).notNull(),
  batch: bigint('batch', { mode: 'number' }).notNull(),
  log: text('log').notNull(),
  updated_at: updatedAt(),
})

export const recent_commands = pgTable(
  'recent_commands',
  {
    org_id: orgId(),
    command_id: text('command_id').notNull(),
    reply: json<Reply>('reply'),
    created_at: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.org_id, t.command_id] }), index('recent_commands_age').on(t.created_at)],
)

export const idempotency_keys = pgTable(
  'idempotency_keys',
  {
    org_id: orgReference(),
    principal_id: uuid('principal_id').notNull(),
    route: text('route').notNull(),
    key: text('key').notNull(),
    fingerprint: text('fingerprint').notNull(),
    status: bigint('status', { mode: 'number' }).notNull(),
    reply: json<unknown>('reply'),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.principal_id, t.route, t.key] }),
    index('idempotency_keys_age').on(t.created_at),
  ],
)

/**
 * Deadlines that survive a restart, one for each kind and target. `next_at` is the time of the next delivery: `due_at`,
 * later when a delivery failed. The command that carries an alarm out removes the row.
 */
export const alarms = pgTable(
  'alarms',
  {
    org_id: orgReference(),
    kind: text('kind', { enum: ALARM_KINDS }).notNull(),
    target_id: uuid('target_id').notNull(),
    due_at: at('due_at').notNull(),
    next_at: at('next_at').notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Ids only. */
    payload: json<Alarm['payload']>('payload').notNull().default({}),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.kind, t.target_id] }),
    // Every node asks for the due alarms of all orgs.
    index('alarms_next').on(t.next_at),
  ],
)

export const invites = pgTable(
  'invites',
  {
    org_id: orgReference(),
    id: id(),
    email: text('email').notNull(),
    user_id: uuid('user_id').notNull(),
    /** `join` for a new member; `password` for a member who sets a new password. */
    purpose: text('purpose', { enum: ['join', 'password'] })
      .notNull()
      .default('join'),
    role: text('role', { enum: ROLES }).notNull(),
    token_hash: text('token_hash').notNull(),
    expires_at: at('expires_at').notNull(),
    accepted_at: at('accepted_at'),
    created_by: uuid('created_by').notNull(),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    index('invites_token').on(t.token_hash),
    index('invites_user').on(t.org_id, t.user_id),
    foreignKey({
      columns: [t.org_id, t.user_id],
      foreignColumns: [memberships.org_id, memberships.user_id],
      name: 'invites_member',
    }).onDelete('cascade'),
  ],
)

export const subscriptions = pgTable(
  'subscriptions',
  {
    org_id: orgReference(),
    user_id: uuid('user_id').notNull(),
    mode: text('mode', { enum: ['all', 'topics'] }).notNull(),
    topics: json<Subscriptions['topics']>('topics').notNull(),
    updated_at: updatedAt(),
  },
  (t) => [primaryKey({ columns: [t.org_id, t.user_id] })],
)

export const notifications = pgTable(
  'notifications',
  {
    org_id: orgReference(),
    id: id(),
    user_id: uuid('user_id').notNull(),
    type: text('type', { enum: NOTIFICATION_TYPES }).notNull(),
    event_sequence: bigint('event_sequence', { mode: 'number' }).notNull(),
    resource: json<Notification['resource']>('resource').notNull(),
    title: text('title').notNull(),
    read_at: at('read_at'),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    index('notifications_event').on(t.org_id, t.user_id, t.event_sequence),
    // Asked for over all orgs.
    index('notifications_age').on(t.created_at),
    index('notifications_unread').on(t.org_id, t.user_id, t.event_sequence).where(sql`read_at is null`),
  ],
)
