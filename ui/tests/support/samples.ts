import type { EventPayload } from '../../../src/contracts/event-payloads.ts'
import type { EventFields } from '../../../src/contracts/events.ts'
import type {
  Channel,
  Message,
  Notification,
  Org,
  Project,
  Task,
  User,
} from '../../../src/contracts/resources.ts'
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts'
import type { EventType } from '../../../src/contracts/vocabulary.ts'

/** Resources as the server answers them, with what a test does not care about filled in. */

export const ME = '00000000-0000-7000-8000-000000000001'
export const OTHER = '00000000-0000-7000-8000-000000000002'
export const AGENT = '00000000-0000-7000-8000-000000000003'
export const CHANNEL = '00000000-0000-7000-8000-0000000000c1'
export const PROJECT = '00000000-0000-7000-8000-0000000000b1'
export const NOON = '2026-11-19T12:00:00.000Z'

export function message(seq: number, rest: Partial<Message> = {}): Message {
  return {
    id: `00000000-0000-7000-8000-${String(seq).padStart(12, '0')}`,
    channel_id: CHANNEL,
    seq,
    kind: 'text',
    sender: { id: OTHER, type: 'human', display_name: 'Mei Lindqvist' },
    content: `message ${seq}`,
    mentions: [],
    ignored_mentions: [],
    reply_to: null,
    client_id: null,
    deliveries: [],
    created_at: NOON,
    ...rest,
  }
}

export function channel(rest: Partial<Channel> = {}): Channel {
  const base: Channel = {
    id: CHANNEL,
    name: 'general',
    topic: null,
    type: 'org_wide',
    project_id: null,
    last_seq: 0,
    read_seq: 0,
    unread_count: 0,
    mention_count: 0,
    rewinds: 0,
    muted: false,
  }
  return { ...base, ...rest }
}

export function user(rest: Partial<User> = {}): User {
  return {
    id: OTHER,
    type: 'human',
    username: 'mei-lindqvist',
    display_name: 'Mei Lindqvist',
    email: 'mei@example.com',
    role: 'contributor',
    status: 'active',
    last_active_at: null,
    assigned_project_ids: [],
    notification_preferences: { email: 'all' },
    ...rest,
  }
}

export function org(rest: Partial<Org> = {}): Org {
  return {
    id: '00000000-0000-7000-8000-00000000000f',
    slug: 'fieldnote',
    name: 'Fieldnote',
    status: 'active',
    deletion_at: null,
    role: 'contributor',
    settings: DEFAULT_SETTINGS,
    created_at: NOON,
    updated_at: NOON,
    ...rest,
  }
}

export const taskId = (n: number) => `00000000-0000-7000-8000-0000000000a${n}`
export function task(n: number, rest: Partial<Task> = {}): Task {
  return {
    id: taskId(n),
    title: `task ${n}`,
    description: '',
    type: 'feature',
    priority: 'medium',
    status: 'backlog',
    project_ids: [],
    assignee_ids: [],
    required_evidence_types: [],
    evidence: [],
    blocked_by: [],
    blocks: [],
    is_blocked: false,
    sub_agents: [],
    version: 1,
    created_by: ME,
    completed_at: null,
    archived_at: null,
    created_at: NOON,
    updated_at: NOON,
    ...rest,
  }
}
export function project(rest: Partial<Project> = {}): Project {
  return {
    id: PROJECT,
    name: 'Offline sync',
    type: 'software',
    description: '',
    stage: 'definition',
    owner_id: ME,
    links: [],
    assigned_user_ids: [ME],
    channel_id: CHANNEL,
    task_counts: { backlog: 0, 'in-progress': 0, 'in-review': 0, complete: 0 },
    version: 1,
    created_at: NOON,
    updated_at: NOON,
    ...rest,
  }
}

export function event<T extends EventType>(
  type: T,
  payload: EventPayload<T>,
  rest: Partial<EventFields> = {},
) {
  return {
    sequence: 1,
    type,
    timestamp: NOON,
    actor: { id: null, type: 'system' as const, display_name: 'Mission Control' },
    project_ids: [],
    task_id: null,
    channel_id: null,
    payload,
    ...rest,
  }
}

/** An event that changes nothing that the app shows. */
export function smallEvent(rest: Partial<EventFields> = {}) {
  return event('channel.loop_resumed', { channel_id: CHANNEL, reason: 'time' }, rest)
}

/** The notification of the event with this number. */
export function notification(n: number, rest: Partial<Notification> = {}): Notification {
  const id = `00000000-0000-7000-8000-00000000e${String(n).padStart(3, '0')}`
  return {
    id,
    type: 'task.assigned',
    event_sequence: n,
    resource: { type: 'task', id: '00000000-0000-7000-8000-0000000000d1', channel_id: null, seq: null },
    title: `Notification ${n}`,
    read_at: null,
    created_at: NOON,
    ...rest,
  }
}
