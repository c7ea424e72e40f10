import type { Channel, Org, User } from '@contracts/resources.ts'
import type { QueryClient } from '@tanstack/vue-query'
import type { SignedIn } from '../api/auth.ts'
import { keys } from '../api/keys.ts'
import type { MessageLog } from './message-log.ts'

/** A change of the query cache. Computed by pure functions, written by {@link writeUpdates}. */
export type CacheUpdate =
  | { at: 'org'; change: (org: Org) => Org }
  | { at: 'me'; change: (me: SignedIn) => SignedIn }
  | { at: 'members'; change: (members: User[]) => User[] }
  | { at: 'channels'; change: (channels: Channel[]) => Channel[] }
  | { at: 'messages'; channel_id: string; change: (log: MessageLog) => MessageLog }
  /** The event does not carry enough to update the cache: invalidate it. */
  | { at: 'refetch'; what: 'channels' | 'member_keys' | 'orgs' | 'everything'; user_id?: string }

/** Writes updates to the query cache. Queries that were never loaded stay unloaded. */
export function writeUpdates(client: QueryClient, slug: string, updates: readonly CacheUpdate[]): void {
  for (const update of updates) {
    switch (update.at) {
      case 'org':
        changeOrg(client, slug, update.change)
        break
      case 'me':
        change(client, keys.me(), update.change)
        break
      case 'members':
        changeMembers(client, slug, update.change)
        break
      case 'channels':
        change(client, keys.channels(slug), update.change)
        break
      case 'messages':
        change(client, keys.messages(slug, update.channel_id), update.change)
        break
      case 'refetch':
        void client.invalidateQueries({ queryKey: refetchKey(slug, update) })
        break
    }
  }
}

function change<T>(client: QueryClient, key: readonly unknown[], update: (data: T) => T): void {
  client.setQueryData<T>(key, (data) => (data === undefined ? undefined : update(data)))
}

/** An answer under way may be older than the event, and is read again. */
function changeOrg(client: QueryClient, slug: string, update: (org: Org) => Org): void {
  change(client, keys.org(slug), update)
  if (client.isFetching({ queryKey: keys.org(slug) }) > 0)
    void client.invalidateQueries({ queryKey: keys.org(slug) })
}

/** While the list is read, its answer may be older than the event: it is read again. */
function changeMembers(client: QueryClient, slug: string, update: (members: User[]) => User[]): void {
  change(client, keys.members(slug), update)
  if (client.isFetching({ queryKey: keys.members(slug) }) === 0) return
  void client.invalidateQueries({ queryKey: keys.firstMembers(slug) })
  void client.invalidateQueries({ queryKey: keys.members(slug) })
}

function refetchKey(slug: string, update: Extract<CacheUpdate, { at: 'refetch' }>): readonly unknown[] {
  switch (update.what) {
    case 'channels':
      return keys.channels(slug)
    case 'member_keys':
      return keys.memberKeys(slug, update.user_id ?? '')
    case 'orgs':
      return keys.orgs()
    case 'everything':
      return keys.inOrg(slug)
  }
}
