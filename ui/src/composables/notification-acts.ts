import { newId } from '@contracts/ids.ts'
import type { Notification } from '@contracts/resources.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { useRouter } from 'vue-router'
import { notificationApi } from '../api/notifications.ts'
import { placeOf } from '../components/notifications/notification-place.ts'
import { t } from '../i18n/index.ts'
import { writeUpdates } from '../realtime/cache-update.ts'
import { becameRead } from '../realtime/notification-list.ts'
import { toastFailure } from './toast.ts'

/** What a reader does with notifications. */
export function useNotificationActs(slug: () => string) {
  const client = useQueryClient()
  const router = useRouter()

  /** Without a connection it stays unread: the place opens all the same. */
  async function read({ id, read_at }: Notification) {
    if (read_at !== null) return
    try {
      const stored = await notificationApi.read(slug(), id)
      writeUpdates(client, slug(), becameRead([id], stored.read_at ?? ''))
    } catch (error) {
      console.warn('Mission Control: mark a notification as read', error)
    }
  }

  async function open(notification: Notification) {
    void read(notification)
    await router.push(placeOf(slug(), notification))
  }

  /** Everything that is shown; what comes meanwhile stays unread. */
  async function readAll(newest: Notification) {
    try {
      await notificationApi.readAll(slug(), newest.event_sequence, newId())
      writeUpdates(client, slug(), [{ at: 'refetch', what: 'notifications' }])
    } catch (error) {
      toastFailure(t('notifications.not_read'), error)
    }
  }

  return { open, read, readAll }
}
