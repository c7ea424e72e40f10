import { newId } from '@contracts/ids.ts'
import type { Notification } from '@contracts/resources.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { useEventListener, useOnline } from '@vueuse/core'
import { type InjectionKey, inject, onScopeDispose, type Ref, type ShallowRef, shallowRef, watch } from 'vue'
import { useRouter } from 'vue-router'
import { auth } from '../api/auth.ts'
import { asFailure } from '../api/failure.ts'
import { keys } from '../api/keys.ts'
import { api, socketUrl, streamUrl } from '../api/org.ts'
import { serverUrl } from '../base.ts'
import { paths } from '../paths.ts'
import type { Reader } from '../realtime/apply-event.ts'
import { EventStream } from '../realtime/event-stream.ts'
import { OrgRealtime } from '../realtime/org-realtime.ts'
import { openTabs } from '../realtime/tabs.ts'
import { realTimers } from '../realtime/timers.ts'
import { leaveForSignIn } from '../router.ts'
import { useConnection } from '../stores/connection.ts'
import { useTalk } from '../stores/talk.ts'
import {
  broadcastOf,
  openSource,
  outboxStore,
  socketOf,
  socketProtocols,
  tabId,
  tabLocks,
} from './browser.ts'
import { onOtherUser } from './sign-in-notice.ts'

const key: InjectionKey<ShallowRef<OrgRealtime | undefined>> = Symbol('org realtime')
export const realtimeKey = key

/** The realtime connection of the current org; undefined until the tab id is known. */
export function useRealtime(): ShallowRef<OrgRealtime | undefined> {
  return inject(key, () => shallowRef(undefined), true)
}

/**
 * Keeps the realtime connection of an org while the calling component lives. It connects when `ready` becomes true: the
 * hello of the socket carries the resume point of every channel, so the list of channels must be loaded first.
 */
export function startRealtime(
  reader: Reader & { org_id: string; account_id: string },
  ready: Readonly<Ref<boolean>>,
  notified: (notification: Notification) => void,
): ShallowRef<OrgRealtime | undefined> {
  const realtime = shallowRef<OrgRealtime>()
  const client = useQueryClient()
  const router = useRouter()
  const connection = useConnection()
  const talk = useTalk()
  let stopped = false

  async function handleEnd() {
    // The sign-out of this tab navigates by itself.
    if (connection.signing_out) return
    try {
      await auth.me()
      // The session still works, so the membership of this org ended.
      client.removeQueries({ queryKey: keys.inOrg(reader.slug) })
      await client.invalidateQueries({ queryKey: keys.me() })
      await router.replace({ path: paths.orgs(), query: { left: reader.slug } })
    } catch (error) {
      if (asFailure(error).status === 401) leaveForSignIn(router, client, 'signed_out')
    }
  }

  void tabId().then((tab_id) => {
    if (stopped) return
    const broadcast =
      typeof BroadcastChannel === 'undefined'
        ? undefined
        : broadcastOf(new BroadcastChannel(`mc-events:${reader.org_id}:${reader.account_id}`))
    realtime.value = new OrgRealtime(
      {
        reader,
        client,
        openSocket: () =>
          socketOf(new WebSocket(socketUrl(reader.slug, reader.account_id, serverUrl()), socketProtocols())),
        events: {
          tab_id,
          locks: tabLocks(),
          broadcast,
          stream: (handlers) =>
            new EventStream(
              (cursor) => openSource(streamUrl(reader.slug, reader.account_id, cursor)),
              handlers,
              realTimers,
              Math.random,
            ),
        },
        http: {
          post: (channel_id, body) => api.post(reader.slug, channel_id, body),
          read: (channel_id, marker) => api.markRead(reader.slug, channel_id, marker),
          unread: (channel_id, seq) => api.markUnread(reader.slug, channel_id, seq),
          channel: (channel_id) => api.channel(reader.slug, channel_id),
        },
        outbox: { store: outboxStore(), newId, openTabs: () => openTabs(tabLocks()) },
      },
      {
        socketState: connection.enter,
        overHttp: connection.overHttp,
        streamState(state, leading) {
          connection.stream = state
          connection.leading = leading
        },
        roundTrip(ms) {
          connection.round_trip_ms = ms
        },
        silent(is_silent) {
          connection.silent = is_silent
        },
        sequence(sequence) {
          connection.sequence = sequence
        },
        recovered(count) {
          connection.recovered(count)
        },
        typed: talk.typed,
        typingStopped: talk.stopped,
        attended: talk.attended,
        delivered: talk.delivered,
        outbox(items) {
          talk.outbox = items
        },
        notified,
        reconnected: () => void client.invalidateQueries({ queryKey: keys.version() }),
        ended: () => void handleEnd(),
        userChanged: () => leaveForSignIn(router, client, 'other_user'),
        failed: (stage, error) => console.warn(`Mission Control: ${stage}`, error),
      },
    )
    const start = (is_ready: boolean, was: boolean | undefined) =>
      is_ready && !was && !stopped && !connection.other_user && realtime.value?.start()
    watch(ready, start, { immediate: true })
  })

  /** Stops at once. The sign-in page needs the server: without a network the page stays, and keeps what is written. */
  const online = useOnline()
  onScopeDispose(
    onOtherUser(reader.account_id, () => {
      connection.other_user = true
      realtime.value?.stop()
    }),
  )
  watch([() => connection.other_user, online], ([other, connected]) => {
    if (other && connected) leaveForSignIn(router, client, 'other_user')
  })
  useEventListener('online', () => realtime.value?.retryNow())
  // Only a hint: a server on this machine or in this network may still answer.
  useEventListener('offline', () => realtime.value?.check())
  // After a suspend the socket may be dead without a close event.
  useEventListener(document, 'visibilitychange', () => {
    if (document.visibilityState !== 'visible') return
    realtime.value?.retryNow()
    realtime.value?.check()
  })
  onScopeDispose(() => {
    stopped = true
    realtime.value?.stop()
    connection.reset()
    talk.reset()
  })
  return realtime
}
