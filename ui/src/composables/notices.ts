import type { Channel, Notification } from '@contracts/resources.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { useDocumentVisibility } from '@vueuse/core'
import { onScopeDispose, watch } from 'vue'
import { useRoute } from 'vue-router'
import { keys } from '../api/keys.ts'
import { isolate } from '../components/base/isolate.ts'
import { t } from '../i18n/index.ts'
import { ofServer } from '../i18n/server.ts'
import { NoticeDesk, SHOWN_MAX } from '../realtime/notice-desk.ts'
import type { Unread } from '../realtime/notification-list.ts'
import { realTimers } from '../realtime/timers.ts'
import { useActions } from '../stores/actions.ts'
import { useDeviceNotices } from '../stores/device-notices.ts'
import { readLocal, writeLocal } from '../stores/local.ts'
import { tabId, tabLocks } from './browser.ts'
import { useNotificationActs } from './notification-acts.ts'
import { toastOpen } from './toast.ts'

const RECORD = 'mc.notified'
/** Notifications that this browser remembers to have shown. */
const RECORDED_MAX = 200

/** Shows new notifications outside of the tray. Returns what takes them. */
export function startNotices(reader: {
  slug: string
  org_id: string
  account_id: string
}): (notification: Notification) => void {
  const { slug } = reader
  const client = useQueryClient()
  const route = useRoute()
  const actions = useActions()
  const device = useDeviceNotices()
  const acts = useNotificationActs(() => slug)
  const visibility = useDocumentVisibility()
  let desk: NoticeDesk | undefined

  const channelOf = ({ resource }: Notification) =>
    client
      .getQueryData<Channel[]>(keys.channels(slug))
      ?.find(({ id }) => resource.type === 'message' && id === resource.channel_id)

  /** A message that the reader has seen counts, wherever the marker moved; a task whose panel is open. */
  function isOnScreen(notification: Notification): boolean {
    const { resource } = notification
    if (resource.type === 'message') return (channelOf(notification)?.read_seq ?? 0) >= (resource.seq ?? 0)
    return resource.type === 'task' && route.params.task_id === resource.id
  }

  function isRead({ id }: Notification): boolean {
    const unread = client.getQueryData<Unread>(keys.unread(slug))
    return unread !== undefined && !unread.items.some((one) => one.id === id)
  }

  function toast(notifications: readonly Notification[]) {
    if (notifications.length > SHOWN_MAX) {
      toastOpen(
        t('notifications.new', { count: notifications.length }),
        undefined,
        t('notifications.show'),
        () => {
          actions.tray = true
        },
      )
      return
    }
    for (const one of notifications) {
      const channel = channelOf(one)
      toastOpen(
        ofServer(one.title, 'title'),
        channel && t('notifications.in_channel', { channel: isolate(channel.name) }),
        t('common.open'),
        () => void acts.open(one),
      )
    }
  }

  function popUp(notification: Notification) {
    const channel = channelOf(notification)
    device.popUp(
      { ...notification, title: ofServer(notification.title, 'title') },
      channel && t('notifications.in_channel', { channel: isolate(channel.name) }),
      () => void acts.open(notification),
    )
  }

  void tabId().then((tab_id) => {
    if (stopped) return
    const made = new NoticeDesk({
      scope: `mc-notice:${reader.org_id}:${reader.account_id}`,
      tab_id,
      locks: tabLocks(),
      timers: realTimers,
      attention: () =>
        visibility.value === 'hidden' ? 'hidden' : document.hasFocus() ? 'focused' : 'visible',
      isRead,
      isOnScreen,
      record: recordShown,
      toast,
      popUp,
      failed: (stage, error) => console.warn(`Mission Control: ${stage}`, error),
    })
    desk = made
    watch(visibility, (now) => made.setVisible(now === 'visible'), { immediate: true })
  })
  let stopped = false
  onScopeDispose(() => {
    stopped = true
    desk?.stop()
  })
  return (notification) => desk?.arrived(notification)
}

/** Remembers in this browser that a notification was shown; false if it was before. */
function recordShown(id: string): boolean {
  const shown = readLocal(RECORD)?.split(' ') ?? []
  if (shown.includes(id)) return false
  writeLocal(RECORD, [...shown, id].slice(-RECORDED_MAX).join(' '))
  return true
}
