import type { EventEnvelope } from '@contracts/events.ts'
import type { Page, Slice } from '@contracts/lists.ts'
import type { Channel, Export, Org, Project, SubAgent, Task, User } from '@contracts/resources.ts'
import type { QueryClient } from '@tanstack/vue-query'
import type { SignedIn } from '../api/auth.ts'
import { keys } from '../api/keys.ts'
import { noteUpdates } from './current-read.ts'
import type { FilteredLog } from './event-log.ts'
import type { LastMessage } from './last-message.ts'
import { hiddenLog, type MessageLog } from './message-log.ts'
import type { Move } from './moves.ts'
import type { Notices, Unread } from './notification-list.ts'
import { type TaskSlice, withSliceChanged } from './task-slice.ts'

/** Events of a task, newest first, with the way to older ones. */
export type History = Slice<EventEnvelope>

/** Agents' posts to a channel are paused by the loop brake. */
export interface Pause {
  /** ISO 8601. */
  until: string
  /** Messages of agents in a row before it. */
  messages: number
}

/** A change of the query cache. Computed by pure functions, written by {@link writeUpdates}. */
export type CacheUpdate =
  | { at: 'org'; change: (org: Org) => Org }
  | { at: 'me'; change: (me: SignedIn) => SignedIn }
  | { at: 'members'; change: (members: User[]) => User[] }
  | { at: 'channels'; change: (channels: Channel[]) => Channel[] }
  | { at: 'tasks' | 'archived_tasks'; change: (tasks: Task[]) => Task[] }
  | { at: 'sub_agents'; change: (sub_agents: SubAgent[]) => SubAgent[] }
  | { at: 'task_history'; task_id: string; change: (history: History) => History }
  | { at: 'projects' | 'ended_projects'; change: (projects: Project[]) => Project[] }
  | { at: 'event_log'; change: (log: FilteredLog) => FilteredLog }
  | { at: 'moves'; change: (moves: Move[]) => Move[] }
  | { at: 'messages'; channel_id: string; change: (log: MessageLog) => MessageLog }
  | { at: 'pause'; channel_id: string; pause: Pause | null }
  | { at: 'last_message'; channel_id: string; change: (last: LastMessage) => LastMessage }
  | { at: 'unread'; change: (unread: Unread) => Unread }
  | { at: 'notices'; change: (notices: Notices) => Notices }
  | { at: 'exports'; change: (exports: Page<Export>) => Page<Export> }
  /** The event does not carry enough to update the cache: invalidate it. */
  | { at: 'refetch'; what: Refetched; user_id?: string }

type Refetched = 'channels' | 'member_keys' | 'scim_tokens' | 'orgs' | 'notifications' | 'everything'

/** Writes updates to the query cache. Queries that were never loaded stay unloaded. */
export function writeUpdates(client: QueryClient, slug: string, updates: readonly CacheUpdate[]): void {
  noteUpdates(client, slug, updates)
  for (const update of updates) {
    switch (update.at) {
      case 'org':
        change(client, keys.org(slug), update.change)
        break
      case 'me':
        change(client, keys.me(), update.change)
        break
      case 'members':
        change(client, keys.members(slug), update.change)
        break
      case 'channels':
        change(client, keys.channels(slug), update.change)
        break
      case 'tasks':
        change(client, keys.tasks(slug), update.change)
        client.setQueriesData<TaskSlice>(
          { queryKey: keys.taskSlices(slug) },
          (slice) => slice && withSliceChanged(slice, update.change),
        )
        break
      case 'last_message':
        change(client, keys.lastMessage(slug, update.channel_id), update.change)
        break
      case 'pause':
        change<Pause | null>(client, keys.pause(slug, update.channel_id), () => update.pause)
        break
      case 'archived_tasks':
        change(client, keys.archivedTasks(slug), update.change)
        break
      case 'sub_agents':
        change(client, keys.subAgents(slug), update.change)
        break
      case 'task_history':
        change(client, keys.taskHistory(slug, update.task_id), update.change)
        break
      case 'event_log':
        client.setQueriesData<FilteredLog>(
          { queryKey: keys.eventLogs(slug) },
          (log) => log && update.change(log),
        )
        break
      case 'projects':
        change(client, keys.projects(slug), update.change)
        break
      case 'ended_projects':
        change(client, keys.endedProjects(slug), update.change)
        break
      case 'moves':
        change(client, keys.moves(slug), update.change)
        break
      case 'unread':
        change(client, keys.unread(slug), update.change)
        break
      case 'exports':
        change(client, keys.exports(slug), update.change)
        break
      case 'notices':
        change(client, keys.notices(slug), update.change)
        break
      case 'messages':
        changeLog(client, keys.messages(slug, update.channel_id), update.change)
        break
      case 'refetch':
        void client.invalidateQueries({ queryKey: refetchKey(slug, update) })
        // The names and roles of the own orgs change by events, too.
        if (update.what === 'everything') void client.invalidateQueries({ queryKey: keys.me() })
        break
    }
  }
}

function change<T>(client: QueryClient, key: readonly unknown[], update: (data: T) => T): void {
  client.setQueryData<T>(key, (data) => (data === undefined ? undefined : update(data)))
}

function changeLog(
  client: QueryClient,
  key: readonly unknown[],
  update: (log: MessageLog) => MessageLog,
): void {
  const shown = (client.getQueryCache().find({ queryKey: key })?.getObserversCount() ?? 0) > 0
  change<MessageLog>(client, key, (log) => (shown ? update(log) : hiddenLog(update(log))))
}

function refetchKey(slug: string, update: Extract<CacheUpdate, { at: 'refetch' }>): readonly unknown[] {
  switch (update.what) {
    case 'channels':
      return keys.channels(slug)
    case 'member_keys':
      return keys.memberKeys(slug, update.user_id ?? '')
    case 'scim_tokens':
      return keys.scimTokens(slug)
    case 'orgs':
      return keys.orgs()
    case 'notifications':
      return keys.notifications(slug)
    case 'everything':
      return keys.inOrg(slug)
  }
}

/** Whether an update asks for a refetch of this part of the cache. */
export function asksFor(update: CacheUpdate, what: Refetched, user_id?: string): boolean {
  if (update.at !== 'refetch') return false
  return update.what === 'everything' || (update.what === what && update.user_id === user_id)
}
