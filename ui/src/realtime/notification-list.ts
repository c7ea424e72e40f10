import type { Page } from '@contracts/lists.ts'
import type { Notification } from '@contracts/resources.ts'
import type { CacheUpdate } from './cache-update.ts'

/** Unread notifications known one by one. */
const UNREAD_KNOWN_MAX = 200
/** Ids that are remembered as read: an own request and the stream both tell of them. */
const READ_KNOWN_MAX = 1_000

/** The newest unread notifications, the number of all of them, and those that were read since. */
export interface Unread {
  items: readonly Notification[]
  total: number
  read: readonly string[]
}

/** Notifications newest first, as far as they were loaded. */
export interface Notices {
  items: readonly Notification[]
  has_older: boolean
}

export function unreadOf({ data, pagination }: Page<Notification>): Unread {
  return { items: data, total: pagination.total, read: [] }
}

/** Joins a page with what is known; a row that two pages show is one. */
export function withPage(known: Notices | undefined, { data, pagination }: Page<Notification>): Notices {
  const items = newestFirst([...data, ...(known?.items ?? [])])
  return { items, has_older: pagination.page < pagination.total_pages }
}

/** A new notification; the same one twice changes nothing. */
export function arrived(notification: Notification): CacheUpdate[] {
  return [
    {
      at: 'unread',
      change: (unread) => {
        const { id, read_at } = notification
        if (read_at !== null || unread.read.includes(id) || has(unread.items, id)) return unread
        const items = newestFirst([notification, ...unread.items]).slice(0, UNREAD_KNOWN_MAX)
        return { ...unread, items, total: unread.total + 1 }
      },
    },
    {
      at: 'notices',
      change: (notices) =>
        has(notices.items, notification.id)
          ? notices
          : { ...notices, items: newestFirst([notification, ...notices.items]) },
    },
  ]
}

/**
 * Notifications that are read now; the same ones twice change nothing. One that is not known is among the counted ones,
 * unless all are known.
 */
export function becameRead(ids: readonly string[], read_at: string): CacheUpdate[] {
  return [
    {
      at: 'unread',
      change: (unread) => {
        const fresh = ids.filter((id) => !unread.read.includes(id))
        const items = unread.items.filter(({ id }) => !fresh.includes(id))
        const known = unread.items.length - items.length
        const counted = unread.total - unread.items.length
        const unknown = Math.min(counted, fresh.length - known)
        const read = [...unread.read, ...fresh].slice(-READ_KNOWN_MAX)
        return { items, total: unread.total - known - unknown, read }
      },
    },
    {
      at: 'notices',
      change: (notices) => ({
        ...notices,
        items: notices.items.map((one) =>
          one.read_at === null && ids.includes(one.id) ? { ...one, read_at } : one,
        ),
      }),
    },
  ]
}

const has = (items: readonly Notification[], id: string) => items.some((one) => one.id === id)

/** In the order of the server's list, each once. */
function newestFirst(items: readonly Notification[]): Notification[] {
  return [...new Map(items.toReversed().map((one) => [one.id, one])).values()].sort(
    (a, b) => b.event_sequence - a.event_sequence || (a.id < b.id ? 1 : -1),
  )
}
