import type { Page } from '@contracts/lists.ts'
import type { Notification, ReadCount } from '@contracts/resources.ts'
import { request } from './http.ts'
import { orgPath } from './org.ts'

/** Notifications that the tray reads at once. */
const PAGE_ROWS = 30
/** Unread notifications that are known one by one; the others are only counted. */
const UNREAD_ROWS = 100

const path = (slug: string) => `${orgPath(slug)}/notifications`

export const notificationApi = {
  /** The newest unread ones, and how many there are. */
  unread: (slug: string) =>
    request<Page<Notification>>('GET', path(slug), { query: { unread: 'true', per_page: UNREAD_ROWS } }),
  /** The page that begins behind `known` rows, or before: rows that are new since move the others on. */
  list: (slug: string, known = 0) =>
    request<Page<Notification>>('GET', path(slug), {
      query: { page: Math.floor(known / PAGE_ROWS) + 1, per_page: PAGE_ROWS },
    }),
  read: (slug: string, id: string) =>
    request<Notification>('PUT', `${path(slug)}/${encodeURIComponent(id)}/read`),
  /** Those of events up to `up_to`: what came since was not seen. */
  readAll: (slug: string, up_to: number, idempotency_key: string) =>
    request<ReadCount>('POST', `${path(slug)}/read-all`, { body: { up_to }, idempotency_key }),
}
