import type { ReadMarker } from '@contracts/calls.ts'
import type { Page, Slice } from '@contracts/lists.ts'
import type {
  ChannelPatch,
  ChannelPreferences,
  KeyRotate,
  MessageCreate,
  OrgCreate,
  OrgPatch,
  ReadMark,
  UserCreate,
  UserPatch,
} from '@contracts/requests.ts'
import type { ApiKey, Channel, Delivery, Message, Org, User } from '@contracts/resources.ts'
import { atServer } from '../base.ts'
import { request } from './http.ts'

export const orgPath = (slug: string) => `/api/v1/orgs/${encodeURIComponent(slug)}`
const userPath = (slug: string, user_id: string) => `${orgPath(slug)}/users/${encodeURIComponent(user_id)}`
const channelPath = (slug: string, id: string) => `${orgPath(slug)}/channels/${encodeURIComponent(id)}`

/** A new member: a human with the invite link, an agent with its key. Both are shown once. */
export type CreatedUser = User & { invite_url?: string | null; api_key?: string | null }

export type HistoryPlace = { before?: number; after?: number; around?: number }

/** Messages per request: two tall screens. */
const HISTORY_LIMIT = 60

const PER_PAGE = 100
/** Over HTTP/1.1 a browser has six connections to a host: what the user does meanwhile must find a free one. */
const PAGES_AT_ONCE = 3

type Query = Record<string, string>

const onePage = <T>(path: string, page: number, query: Query = {}) =>
  request<Page<T>>('GET', path, { query: { ...query, page, per_page: PER_PAGE } })

/** Reads the pages behind the first one of a list. */
async function furtherPages<T>(path: string, first: Page<T>, query: Query = {}): Promise<T[]> {
  const pages: T[][] = []
  let next = 2
  const read = async () => {
    while (next <= first.pagination.total_pages) {
      const page = next++
      pages[page] = (await onePage<T>(path, page, query)).data
    }
  }
  await Promise.all(Array.from({ length: PAGES_AT_ONCE }, read))
  return pages.flat()
}

export async function everyPage<T>(path: string, query: Query = {}): Promise<T[]> {
  const first = await onePage<T>(path, 1, query)
  return [...first.data, ...(await furtherPages(path, first, query))]
}

export const api = {
  orgs: () => request<Page<Org>>('GET', '/api/v1/orgs', { query: { per_page: 100 } }),
  org: (slug: string) => request<Org>('GET', orgPath(slug)),
  /** Ends a deletion in its grace period, or a suspension. */
  reopenOrg: (slug: string, how: 'restore' | 'resume') => request<Org>('POST', `${orgPath(slug)}/${how}`),
  /** `settings` is a JSON Merge Patch. */
  updateOrg: (slug: string, body: OrgPatch) => request<Org>('PATCH', orgPath(slug), { body }),
  suspendOrg: (slug: string, idempotency_key: string) =>
    request<Org>('POST', `${orgPath(slug)}/suspend`, { idempotency_key }),
  deleteOrg: (slug: string, confirm: string) =>
    request<undefined>('DELETE', orgPath(slug), { body: { confirm } }),
  createOrg: (body: OrgCreate, idempotency_key: string) =>
    request<Org>('POST', '/api/v1/orgs', { body, idempotency_key }),

  /** The first members by name, of a kind and found by a text if given. */
  firstMembers: (slug: string, query: { q?: string; type?: string } = {}) =>
    onePage<User>(`${orgPath(slug)}/users`, 1, query),
  furtherMembers: (slug: string, first: Page<User>) => furtherPages(`${orgPath(slug)}/users`, first),
  member: (slug: string, user_id: string) => request<User>('GET', userPath(slug, user_id)),
  createMember: (slug: string, body: UserCreate, idempotency_key: string) =>
    request<CreatedUser>('POST', `${orgPath(slug)}/users`, { body, idempotency_key }),
  /** A new link for a member who has not joined; the former one ends. */
  inviteAgain: (slug: string, user_id: string, idempotency_key: string) =>
    request<CreatedUser>('POST', `${userPath(slug, user_id)}/invite`, { idempotency_key }),
  /** A one-time link with which a member sets a new password. */
  signInLink: (slug: string, user_id: string, idempotency_key: string) =>
    request<{ sign_in_url: string | null; expires_at: string }>(
      'POST',
      `${userPath(slug, user_id)}/sign-in-link`,
      { idempotency_key },
    ),
  updateMember: (slug: string, user_id: string, body: UserPatch) =>
    request<User>('PATCH', userPath(slug, user_id), { body }),
  removeMember: (slug: string, user_id: string) => request<undefined>('DELETE', userPath(slug, user_id)),
  keys: (slug: string, user_id: string) =>
    request<{ data: ApiKey[] }>('GET', `${userPath(slug, user_id)}/api-keys`),
  rotateKey: (slug: string, user_id: string, body: KeyRotate) =>
    request<{ api_key: string | null; previous_expires_at: string | null }>(
      'POST',
      `${userPath(slug, user_id)}/api-keys/rotate`,
      { body },
    ),
  revokeKeys: (slug: string, user_id: string) =>
    request<undefined>('DELETE', `${userPath(slug, user_id)}/api-keys`),

  channels: (slug: string) => everyPage<Channel>(`${orgPath(slug)}/channels`),
  channel: (slug: string, channel_id: string) => request<Channel>('GET', channelPath(slug, channel_id)),
  createChannel: (slug: string, name: string, idempotency_key: string) =>
    request<Channel>('POST', `${orgPath(slug)}/channels`, { body: { name }, idempotency_key }),
  updateChannel: (slug: string, id: string, body: ChannelPatch) =>
    request<Channel>('PATCH', channelPath(slug, id), { body }),
  /** Newest first, as the server answers. */
  messages: (slug: string, channel_id: string, place: HistoryPlace = {}) =>
    request<Slice<Message>>('GET', `${channelPath(slug, channel_id)}/messages`, {
      query: { ...place, limit: HISTORY_LIMIT },
    }),
  lastMessage: async (slug: string, channel_id: string) => {
    const path = `${channelPath(slug, channel_id)}/messages`
    return (await request<Slice<Message>>('GET', path, { query: { limit: 1 } })).data[0] ?? null
  },
  /** The first message after `after` that mentions the reader. */
  nextMention: async (slug: string, channel_id: string, after: number) => {
    const query = { after, mentions_me: 'true', limit: 1 }
    const { data } = await request<Slice<Message>>('GET', `${channelPath(slug, channel_id)}/messages`, {
      query,
    })
    return data[0]
  },
  post: (slug: string, channel_id: string, body: MessageCreate) =>
    request<Message>('POST', `${channelPath(slug, channel_id)}/messages`, { body }),
  /** Sets a failed delivery back to `queued`: the agent takes the message again. */
  retryDelivery: (slug: string, channel_id: string, seq: number, agent_id: string) =>
    request<Delivery>(
      'POST',
      `${channelPath(slug, channel_id)}/messages/${seq}/deliveries/${encodeURIComponent(agent_id)}/retry`,
    ),
  markRead: (slug: string, channel_id: string, body: ReadMark) =>
    request<ReadMarker>('PUT', `${channelPath(slug, channel_id)}/read`, { body }),
  markUnread: (slug: string, channel_id: string, seq: number) =>
    request<ReadMarker>('PUT', `${channelPath(slug, channel_id)}/unread`, { body: { seq } }),
  /** Ends the pause of agents by the loop brake. */
  liftPause: (slug: string, channel_id: string) =>
    request<undefined>('DELETE', `${channelPath(slug, channel_id)}/loop-pause`),
  setChannelPreferences: (slug: string, channel_id: string, body: ChannelPreferences) =>
    request<ChannelPreferences>('PUT', `${channelPath(slug, channel_id)}/preferences`, { body }),
}

/** URL of the event stream. `user_id` is the user of the page, as `X-MC-User` elsewhere. */
export function streamUrl(slug: string, user_id: string, cursor: string | undefined): string {
  const query = new URLSearchParams({ as_user: user_id })
  if (cursor !== undefined) query.set('last_event_id', cursor)
  return atServer(`${orgPath(slug)}/events/stream?${query}`)
}

/** URL of the WebSocket of a server. `user_id` is the user of the page, as `X-MC-User` elsewhere. */
export function socketUrl(slug: string, user_id: string, server: string): string {
  const url = new URL(`${server}${orgPath(slug)}/channels/ws`)
  url.searchParams.set('as_user', user_id)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}
