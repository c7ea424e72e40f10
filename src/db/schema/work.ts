import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import type { Project } from '../../contracts/resources.ts'
import {
  BACKUP_DESTINATIONS,
  EVIDENCE_TYPES,
  EXPORT_STATUSES,
  PRIORITIES,
  PROJECT_STAGES,
  PROJECT_TYPES,
  SUB_AGENT_STATUSES,
  TASK_STATUSES,
  TASK_TYPES,
} from '../../contracts/vocabulary.ts'
import {
  at,
  createdAt,
  foldedPart,
  id,
  inOrder,
  json,
  orgId,
  tsvector,
  updatedAt,
  wordsPart,
} from './columns.ts'
import { memberships, orgReference } from './orgs.ts'

/** Index of a word in its list. */
const rank = (column: string, words: readonly string[]) =>
  sql.raw(`(array_position(array[${words.map((word) => `'${word}'`).join(',')}], ${column}) - 1)::smallint`)

const searchVector = (...parts: string[]) =>
  tsvector('search_vector').generatedAlwaysAs(sql.raw(parts.join(' || ')))

export const projects = pgTable(
  'projects',
  {
    org_id: orgReference(),
    id: id(),
    name: text('name').notNull(),
    type: text('type', { enum: PROJECT_TYPES }).notNull(),
    description: text('description').notNull().default(''),
    stage: text('stage', { enum: PROJECT_STAGES }).notNull(),
    owner_id: uuid('owner_id'),
    links: json<Project['links']>('links').notNull().default(sql`'[]'`),
    channel_id: uuid('channel_id').notNull(),
    version: integer('version').notNull().default(1),
    created_by: uuid('created_by').notNull(),
    created_at: createdAt(),
    updated_at: updatedAt(),
    archived_at: at('archived_at'),
    search_vector: searchVector(
      wordsPart('name', 'A'),
      wordsPart('description', 'B'),
      foldedPart('name'),
      foldedPart('description'),
    ),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    index('projects_created').on(t.org_id, t.created_at, t.id),
    index('projects_updated').on(t.org_id, t.updated_at, t.id),
    index('projects_name').on(t.org_id, inOrder(t.name), t.id),
    index('projects_stage').on(t.org_id, t.stage, t.created_at, t.id),
    index('projects_owner').on(t.org_id, t.owner_id),
    index('projects_search').using('gin', t.search_vector),
  ],
)

export const project_users = pgTable(
  'project_users',
  {
    org_id: orgId(),
    project_id: uuid('project_id').notNull(),
    user_id: uuid('user_id').notNull(),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.project_id, t.user_id] }),
    index('project_users_user').on(t.org_id, t.user_id, t.project_id),
    foreignKey({
      columns: [t.org_id, t.project_id],
      foreignColumns: [projects.org_id, projects.id],
      name: 'project_users_project',
    }),
    foreignKey({
      columns: [t.org_id, t.user_id],
      foreignColumns: [memberships.org_id, memberships.user_id],
      name: 'project_users_member',
    }),
  ],
)

export const tasks = pgTable(
  'tasks',
  {
    org_id: orgReference(),
    id: id(),
    title: text('title').notNull(),
    description: text('description').notNull().default(''),
    type: text('type', { enum: TASK_TYPES }).notNull(),
    priority: text('priority', { enum: PRIORITIES }).notNull(),
    status: text('status', { enum: TASK_STATUSES }).notNull(),
    required_evidence_types: text('required_evidence_types', { enum: EVIDENCE_TYPES })
      .array()
      .notNull()
      .default(sql`'{}'`),
    version: integer('version').notNull().default(1),
    created_by: uuid('created_by').notNull(),
    completed_at: at('completed_at'),
    archived_at: at('archived_at'),
    created_at: createdAt(),
    updated_at: updatedAt(),
    search_vector: searchVector(
      wordsPart('title', 'A'),
      wordsPart('description', 'B'),
      foldedPart('title'),
      foldedPart('description'),
    ),
    // Lists sort by the place of a word in its list, not by letters; stored, so that an index can contain it.
    priority_rank: smallint('priority_rank').generatedAlwaysAs(rank('priority', PRIORITIES)),
    status_rank: smallint('status_rank').generatedAlwaysAs(rank('status', TASK_STATUSES)),
    // Maintained by triggers on the dependencies and on the status of the blockers, so that a list reads one table.
    is_blocked: boolean('is_blocked').notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    // For totals of lists: few distinct values, so the index is small, and an index-only scan suffices.
    index('tasks_count')
      .on(t.org_id, t.status, t.priority, t.type, t.is_blocked)
      .where(sql`archived_at is null`),
    index('tasks_created').on(t.org_id, t.created_at, t.id),
    index('tasks_updated').on(t.org_id, t.updated_at, t.id),
    index('tasks_title').on(t.org_id, inOrder(t.title), t.created_at, t.id),
    index('tasks_status').on(t.org_id, t.status_rank, t.created_at, t.id),
    index('tasks_priority').on(t.org_id, t.priority_rank, t.created_at, t.id),
    // Completed long ago, over all orgs.
    index('tasks_archival').on(t.completed_at).where(sql`status = 'complete' and archived_at is null`),
    index('tasks_search').using('gin', t.search_vector),
  ],
)

export const task_projects = pgTable(
  'task_projects',
  { org_id: orgId(), task_id: uuid('task_id').notNull(), project_id: uuid('project_id').notNull() },
  (t) => [
    primaryKey({ columns: [t.org_id, t.task_id, t.project_id] }),
    index('task_projects_project').on(t.org_id, t.project_id, t.task_id),
    foreignKey({
      columns: [t.org_id, t.task_id],
      foreignColumns: [tasks.org_id, tasks.id],
      name: 'task_projects_task',
    }),
    foreignKey({
      columns: [t.org_id, t.project_id],
      foreignColumns: [projects.org_id, projects.id],
      name: 'task_projects_project_fk',
    }),
  ],
)

export const task_assignees = pgTable(
  'task_assignees',
  {
    org_id: orgId(),
    task_id: uuid('task_id').notNull(),
    user_id: uuid('user_id').notNull(),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.task_id, t.user_id] }),
    index('task_assignees_user').on(t.org_id, t.user_id, t.task_id),
    foreignKey({
      columns: [t.org_id, t.task_id],
      foreignColumns: [tasks.org_id, tasks.id],
      name: 'task_assignees_task',
    }),
    foreignKey({
      columns: [t.org_id, t.user_id],
      foreignColumns: [memberships.org_id, memberships.user_id],
      name: 'task_assignees_member',
    }),
  ],
)

export const task_dependencies = pgTable(
  'task_dependencies',
  {
    org_id: orgId(),
    task_id: uuid('task_id').notNull(),
    blocked_by_id: uuid('blocked_by_id').notNull(),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.task_id, t.blocked_by_id] }),
    index('task_dependencies_blocker').on(t.org_id, t.blocked_by_id, t.task_id),
    foreignKey({
      columns: [t.org_id, t.task_id],
      foreignColumns: [tasks.org_id, tasks.id],
      name: 'task_dependencies_task',
    }),
    foreignKey({
      columns: [t.org_id, t.blocked_by_id],
      foreignColumns: [tasks.org_id, tasks.id],
      name: 'task_dependencies_blocked_by',
    }),
  ],
)

export const task_evidence = pgTable(
  'task_evidence',
  {
    org_id: orgId(),
    id: id(),
    task_id: uuid('task_id').notNull(),
    type: text('type', { enum: EVIDENCE_TYPES }).notNull(),
    url: text('url').notNull(),
    added_by: uuid('added_by').notNull(),
    created_at: createdAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    index('task_evidence_task').on(t.org_id, t.task_id, t.created_at),
    foreignKey({
      columns: [t.org_id, t.task_id],
      foreignColumns: [tasks.org_id, tasks.id],
      name: 'task_evidence_task_fk',
    }),
  ],
)

export const sub_agents = pgTable(
  'sub_agents',
  {
    org_id: orgId(),
    id: id(),
    /** Counts the org's sub-agents. */
    number: integer('number').notNull(),
    display_name: text('display_name').notNull(),
    task_id: uuid('task_id').notNull(),
    host_agent_id: uuid('host_agent_id'),
    model: text('model').notNull(),
    instructions: text('instructions').notNull(),
    status: text('status', { enum: SUB_AGENT_STATUSES }).notNull(),
    created_by: uuid('created_by').notNull(),
    expires_at: at('expires_at').notNull(),
    summary: text('summary'),
    created_at: createdAt(),
    ended_at: at('ended_at'),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    unique('sub_agents_number').on(t.org_id, t.number),
    index('sub_agents_created').on(t.org_id, t.created_at, t.id),
    index('sub_agents_due').on(t.expires_at).where(sql`status = 'active'`),
    index('sub_agents_status').on(t.org_id, t.status, t.created_at),
    index('sub_agents_of_task').on(t.org_id, t.task_id, t.ended_at, t.id),
    index('sub_agents_host').on(t.org_id, t.host_agent_id),
    foreignKey({
      columns: [t.org_id, t.task_id],
      foreignColumns: [tasks.org_id, tasks.id],
      name: 'sub_agents_task_fk',
    }),
  ],
)

/** Keys of agents and sub-agents: the public id, a bcrypt hash and a peppered HMAC, never the key. */
export const api_keys = pgTable(
  'api_keys',
  {
    org_id: orgReference(),
    id: id(),
    key_id: text('key_id').notNull(),
    kind: text('kind', { enum: ['live', 'tmp'] }).notNull(),
    user_id: uuid('user_id').notNull(),
    sub_agent_id: uuid('sub_agent_id'),
    prefix: text('prefix').notNull(),
    bcrypt_hash: text('bcrypt_hash').notNull(),
    hmac: text('hmac').notNull(),
    created_at: createdAt(),
    last_used_at: at('last_used_at'),
    expires_at: at('expires_at'),
    revoked_at: at('revoked_at'),
    reminded_at: at('reminded_at'),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    index('api_keys_key_id').on(t.key_id),
    index('api_keys_user').on(t.org_id, t.user_id, t.created_at),
    index('api_keys_sub_agent').on(t.org_id, t.sub_agent_id),
    foreignKey({
      columns: [t.org_id, t.sub_agent_id],
      foreignColumns: [sub_agents.org_id, sub_agents.id],
      name: 'api_keys_sub_agent_fk',
    }),
  ],
)

export const exports = pgTable(
  'exports',
  {
    org_id: orgReference(),
    id: id(),
    /** Null for a backup by the org's schedule. */
    requested_by: uuid('requested_by'),
    backup: text('backup', { enum: BACKUP_DESTINATIONS }),
    status: text('status', { enum: EXPORT_STATUSES }).notNull(),
    progress: integer('progress').notNull().default(0),
    size_bytes: bigint('size_bytes', { mode: 'number' }),
    sha256: text('sha256'),
    error: text('error'),
    /** Where the file lies in the storage, also while it is written. */
    path: text('path'),
    /** How often a worker began. */
    attempts: integer('attempts').notNull().default(0),
    expires_at: at('expires_at'),
    created_at: createdAt(),
    updated_at: updatedAt(),
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.id] }),
    index('exports_created').on(t.org_id, t.created_at, t.id),
    index('exports_backups').on(t.org_id, t.created_at).where(sql`backup is not null`),
    // Asked for over all orgs.
    index('exports_care')
      .on(t.updated_at)
      .where(sql`path is not null or status in ('pending', 'processing')`),
  ],
)
