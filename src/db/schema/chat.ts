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
  uuid,
} from 'drizzle-orm/pg-core'
import {
  CHANNEL_TYPES,
  DELIVERY_STATES,
  EVENT_TYPES,
  MESSAGE_KINDS,
  SENDER_TYPES,
} from '../../contracts/vocabulary.ts'
import { at, createdAt, id, json, messageWords, orgId, tsvector, updatedAt } from './columns.ts'
import { orgReference } from './orgs.ts'
import { projects } from './work.ts'

export const channels = pgTable(
  'channels',
  {
    org_id: orgReference(),
    id: id(),
    name: text('name').notNull(),
    topic: text('topic'),
    type: text('type', { enum: CHANNEL_TYPES }).notNull(),
    project_id: uuid('project_id'),
    last_seq: bigint('last_seq', { mode: 'number' }).notNull().default(0),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    index('channels_project').on(t.org_id, t.project_id),
    foreignKey({
      columns: [t.org_id, t.project_id],
      foreignColumns: [projects.org_id, projects.id],
      name: 'channels_project_fk',
    }),
  ],
)

export const channel_reads = pgTable(
  'channel_reads',
  {
    org_id: orgId(),
    channel_id: uuid('channel_id').notNull(),
    user_id: uuid('user_id').notNull(),
    read_seq: bigint('read_seq', { mode: 'number' }).notNull(),
    /** The user's own messages after `read_seq`, which are never unread. */
    own_count: bigint('own_count', { mode: 'number' }).notNull().default(0),
    mention_count: integer('mention_count').notNull().default(0),
    /** How often the user moved the marker back: a marker of an earlier count is out of date. */
    rewinds: integer('rewinds').notNull().default(0),
    muted: boolean('muted').notNull().default(false),
    updated_at: updatedAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.channel_id, t.user_id] }),
    index('channel_reads_user').on(t.org_id, t.user_id),
    foreignKey({
      columns: [t.org_id, t.channel_id],
      foreignColumns: [channels.org_id, channels.id],
      name: 'channel_reads_channel',
    }),
  ],
)

/**
 * Partitioned by month of `created_at` (see the migrations): a server-assigned time, so a client never picks a
 * partition. Each partition has a unique index on (org_id, channel_id, seq), made with it.
 */
export const messages = pgTable(
  'messages',
  {
    org_id: orgId(),
    id: id(),
    channel_id: uuid('channel_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    sender_id: uuid('sender_id'),
    sender_type: text('sender_type', { enum: SENDER_TYPES }).notNull(),
    sender_name: text('sender_name').notNull(),
    kind: text('kind', { enum: MESSAGE_KINDS }).notNull(),
    content: text('content').notNull(),
    mentions: uuid('mentions').array().notNull().default(sql`'{}'`),
    ignored_mentions: text('ignored_mentions').array().notNull().default(sql`'{}'`),
    client_id: text('client_id'),
    reply_to: uuid('reply_to'),
    created_at: at('created_at').notNull(),
    search_vector: tsvector('search_vector').generatedAlwaysAs(
      sql.raw(messageWords('content', 'channel_id')),
    ),
  },
  (t) => [index('messages_id').on(t.org_id, t.id), index('messages_search').using('gin', t.search_vector)],
)

export const message_client_ids = pgTable(
  'message_client_ids',
  {
    org_id: orgId(),
    channel_id: uuid('channel_id').notNull(),
    sender_id: uuid('sender_id').notNull(),
    client_id: text('client_id').notNull(),
    message_id: uuid('message_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    content_hash: text('content_hash').notNull(),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.channel_id, t.sender_id, t.client_id] }),
    index('message_client_ids_age').on(t.created_at),
  ],
)

export const message_deliveries = pgTable(
  'message_deliveries',
  {
    org_id: orgId(),
    channel_id: uuid('channel_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    agent_id: uuid('agent_id').notNull(),
    state: text('state', { enum: DELIVERY_STATES }).notNull(),
    detail: text('detail'),
    updated_at: updatedAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.channel_id, t.seq, t.agent_id] }),
    index('message_deliveries_open')
      .on(t.org_id, t.agent_id, t.updated_at)
      .where(sql`state in ('queued', 'delivered', 'working')`),
    index('message_deliveries_working').on(t.org_id).where(sql`state = 'working'`),
    foreignKey({
      columns: [t.org_id, t.channel_id],
      foreignColumns: [channels.org_id, channels.id],
      name: 'message_deliveries_channel',
    }),
  ],
)

/**
 * The immutable log, partitioned by month like messages, unique per partition on (org_id, sequence). `payload` is null for
 * an event with a message, which is joined.
 */
export const events = pgTable(
  'events',
  {
    org_id: orgId(),
    sequence: bigint('sequence', { mode: 'number' }).notNull(),
    type: text('type', { enum: EVENT_TYPES }).notNull(),
    actor_id: uuid('actor_id'),
    actor_type: text('actor_type', { enum: SENDER_TYPES }).notNull(),
    actor_name: text('actor_name').notNull(),
    project_ids: uuid('project_ids').array().notNull().default(sql`'{}'`),
    task_id: uuid('task_id'),
    channel_id: uuid('channel_id'),
    message_id: uuid('message_id'),
    message_seq: bigint('message_seq', { mode: 'number' }),
    subject_ids: uuid('subject_ids').array().notNull().default(sql`'{}'`),
    payload: json<Record<string, unknown>>('payload'),
    created_at: at('created_at').notNull(),
  },
  (t) => [
    index('events_task').on(t.org_id, t.task_id, t.sequence).where(sql`task_id is not null`),
    index('events_channel').on(t.org_id, t.channel_id, t.sequence).where(sql`channel_id is not null`),
    index('events_actor').on(t.org_id, t.actor_id, t.sequence),
    index('events_other').on(t.org_id, t.sequence).where(sql`type <> 'message.created'`),
    index('events_type').on(t.org_id, t.type, t.sequence).where(sql`type <> 'message.created'`),
    index('events_projects').using('gin', t.project_ids),
  ],
)
