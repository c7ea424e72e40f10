import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, ref, toValue } from 'vue'
import { keys } from '../api/keys.ts'
import { notificationApi } from '../api/notifications.ts'
import { t } from '../i18n/index.ts'
import { asksFor } from '../realtime/cache-update.ts'
import { readCurrent } from '../realtime/current-read.ts'
import { type Notices, type Unread, unreadOf, withPage } from '../realtime/notification-list.ts'
import { toastFailure } from './toast.ts'

/** The reader's unread notifications. */
export function useUnread(slug: MaybeRefOrGetter<string>) {
  const client = useQueryClient()
  return useQuery({
    queryKey: computed(() => keys.unread(toValue(slug))),
    queryFn: () =>
      readCurrent<Unread>(
        client,
        toValue(slug),
        async () => unreadOf(await notificationApi.unread(toValue(slug))),
        (unread, update) => (update.at === 'unread' ? update.change(unread) : unread),
        (update) => asksFor(update, 'notifications'),
      ),
  })
}

/** The list of the tray: its first page, and older ones on demand. */
export function useNotices(slug: MaybeRefOrGetter<string>) {
  const client = useQueryClient()
  const queryKey = computed(() => keys.notices(toValue(slug)))
  const query = useQuery({
    queryKey,
    queryFn: () =>
      readCurrent<Notices>(
        client,
        toValue(slug),
        async () => withPage(undefined, await notificationApi.list(toValue(slug))),
        (notices, update) => (update.at === 'notices' ? update.change(notices) : notices),
        (update) => asksFor(update, 'notifications'),
      ),
  })
  const loading_older = ref(false)
  async function loadOlder() {
    const known = query.data.value
    if (loading_older.value || !known?.has_older) return
    loading_older.value = true
    try {
      const page = await notificationApi.list(toValue(slug), known.items.length)
      client.setQueryData<Notices>(queryKey.value, (now) => withPage(now, page))
    } catch (error) {
      toastFailure(t('notifications.older_failed'), error)
    } finally {
      loading_older.value = false
    }
  }
  return { data: query.data, error: query.error, refetch: query.refetch, loading_older, loadOlder }
}
