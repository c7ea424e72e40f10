import type { LogFilter } from '../realtime/event-log.ts'
import type { SliceOf } from '../realtime/task-slice.ts'
import type { SearchParams } from './search.ts'

/** Keys of the query cache, in one place: a mistyped key would never be updated. */
export const keys = {
  providers: () => ['providers'] as const,
  version: () => ['version'] as const,
  ready: () => ['ready'] as const,
  me: () => ['me'] as const,
  sessions: () => ['sessions'] as const,
  passkeys: () => ['passkeys'] as const,
  secondFactor: () => ['second-factor'] as const,
  identities: () => ['identities'] as const,
  password: () => ['password'] as const,
  orgs: () => ['orgs'] as const,
  /** Prefix of every key of an org. */
  inOrg: (slug: string) => ['org', slug] as const,
  org: (slug: string) => ['org', slug, 'org'] as const,
  members: (slug: string) => ['org', slug, 'members'] as const,
  firstMembers: (slug: string) => ['org', slug, 'first-members'] as const,
  foundMembers: (slug: string, query: { q: string; type: string }) =>
    ['org', slug, 'found-members', query] as const,
  memberKeys: (slug: string, user_id: string) => ['org', slug, 'member-keys', user_id] as const,
  channels: (slug: string) => ['org', slug, 'channels'] as const,
  tasks: (slug: string) => ['org', slug, 'tasks'] as const,
  /** Prefix of the keys of every slice. */
  taskSlices: (slug: string) => ['org', slug, 'task-slice'] as const,
  taskSlice: (slug: string, of: SliceOf) => ['org', slug, 'task-slice', of] as const,
  subAgents: (slug: string) => ['org', slug, 'sub-agents'] as const,
  archivedTasks: (slug: string) => ['org', slug, 'archived-tasks'] as const,
  task: (slug: string, task_id: string) => ['org', slug, 'task', task_id] as const,
  taskHistory: (slug: string, task_id: string) => ['org', slug, 'task-history', task_id] as const,
  /** Prefix of the keys of every filter. */
  eventLogs: (slug: string) => ['org', slug, 'event-log'] as const,
  eventLog: (slug: string, filter: LogFilter) => ['org', slug, 'event-log', filter] as const,
  /** Answers to what was typed in the palette. */
  found: (slug: string, kind: 'tasks' | 'projects' | 'users', q: string) =>
    ['org', slug, 'found', kind, q] as const,
  search: (slug: string, params: SearchParams) => ['org', slug, 'search', params] as const,
  failedJobs: (slug: string) => ['org', slug, 'failed-jobs'] as const,
  scimTokens: (slug: string) => ['org', slug, 'scim-tokens'] as const,
  exports: (slug: string) => ['org', slug, 'exports'] as const,
  emailDelivery: (slug: string) => ['org', slug, 'email-delivery'] as const,
  failedEmails: (slug: string) => ['org', slug, 'failed-emails'] as const,
  projects: (slug: string) => ['org', slug, 'projects'] as const,
  endedProjects: (slug: string) => ['org', slug, 'ended-projects'] as const,
  /** Never read from the server: filled by events. */
  moves: (slug: string) => ['org', slug, 'moves'] as const,
  /** The pause of agents in a channel. */
  pause: (slug: string, channel_id: string) => ['org', slug, 'pause', channel_id] as const,
  lastMessage: (slug: string, channel_id: string) => ['org', slug, 'last-message', channel_id] as const,
  /** Prefix of the two below. */
  notifications: (slug: string) => ['org', slug, 'notifications'] as const,
  unread: (slug: string) => ['org', slug, 'notifications', 'unread'] as const,
  notices: (slug: string) => ['org', slug, 'notifications', 'list'] as const,
  messages: (slug: string, channel_id: string) => ['org', slug, 'messages', channel_id] as const,
}
