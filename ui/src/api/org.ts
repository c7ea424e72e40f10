import type { Page, Slice } from '@contracts/lists.ts'
import type { KeyRotate, OrgCreate, UserCreate, UserPatch } from '@contracts/requests.ts'
import type { ApiKey, Channel, Message, Org, User } from '@contracts/resources.ts'
import { request } from './http.ts'

const orgPath = (slug: string) => `/api/v1/orgs/${encodeURIComponent(slug)}`
const userPath = (slug: string, user_id: string) => `${orgPath(slug)}/users/${encodeURIComponent(user_id)}`
const channelPath = (slug: string, id: string) => `${orgPath(slug)}/channels/${encodeURIComponent(id)}`

/** A new member: a human with the invite link, an agent with its key. Both are shown once. */
export type CreatedUser = User & { invite_url?: string | null; api_key?: string | null }

export type HistoryPlace = { before?: number; after?: number; around?: number }

/** Messages per request: two tall screens. */
const HISTORY_LIMIT = 60

/** Reads all pages of a list. */
async function everyPage<T>(path: string): Promise<T[]> {
  const all: T[] = []
  for (let page = 1; ; page++) {
    const { data, pagination } = await request<Page<T>>('GET', path, { query: { page, per_page: 100 } })
    all.push(...data)
    if (page >= pagination.total_pages) return all
  }
}

export const api = {
  orgs: () => request<Page<Org>>('GET', '/api/v1/orgs', { query: { per_page: 100 } }),
  org: (slug: string) => request<Org>('GET', orgPath(slug)),
  createOrg: (body: OrgCreate, idempotency_key: string) =>
    request<Org>('POST', '/api/v1/orgs', { body, idempotency_key }),

  members: (slug: string) => everyPage<User>(`${orgPath(slug)}/users`),
  member: (slug: string, user_id: string) => request<User>('GET', userPath(slug, user_id)),
  createMember: (slug: string, body: UserCreate, idempotency_key: string) =>
    request<CreatedUser>('POST', `${orgPath(slug)}/users`, { body, idempotency_key }),
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
  createChannel: (slug: string, name: string, idempotency_key: string) =>
    request<Channel>('POST', `${orgPath(slug)}/channels`, { body: { name }, idempotency_key }),
  /** Newest first, as the server answers. */
  messages: (slug: string, channel_id: string, place: HistoryPlace = {}) =>
    request<Slice<Message>>('GET', `${channelPath(slug, channel_id)}/messages`, {
      query: { ...place, limit: HISTORY_LIMIT },
    }),
  markRead: (slug: string, channel_id: string, seq: number) =>
    request<{ read_seq: number; unread_count: number; mention_count: number }>(
      'PUT',
      `${channelPath(slug, channel_id)}/read`,
      { body: { seq } },
    ),
}

/** URL of the event stream. `user_id` is the user of the page, as `X-MC-User` elsewhere. */
export function streamUrl(slug: string, user_id: string, cursor: string | undefined): string {
  const query = new URLSearchParams({ as_user: user_id })
  if (cursor !== undefined) query.set('last_event_id', cursor)
  return `${orgPath(slug)}/events/stream?${query}`
}

/** URL of the WebSocket on the origin of the page. `user_id` is the user of the page, as `X-MC-User` elsewhere. */
export function socketUrl(slug: string, user_id: string, origin: string): string {
  const url = new URL(`${orgPath(slug)}/channels/ws`, origin)
  url.searchParams.set('as_user', user_id)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}
