import { newId } from '@contracts/ids.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { type InjectionKey, inject, onScopeDispose, type Ref, type ShallowRef, shallowRef, watch } from 'vue'
import { useRouter } from 'vue-router'
import { auth } from '../api/auth.ts'
import { asFailure } from '../api/failure.ts'
import { keys } from '../api/keys.ts'
import { socketUrl, streamUrl } from '../api/org.ts'
import { paths } from '../paths.ts'
import type { Reader } from '../realtime/apply-event.ts'
import { EventStream } from '../realtime/event-stream.ts'
import { OrgRealtime } from '../realtime/org-realtime.ts'
import { aliveTabs, takeTabId } from '../realtime/tabs.ts'
import { realTimers } from '../realtime/timers.ts'
import { leaveForSignIn } from '../router.ts'
import { useConnection } from '../stores/connection.ts'
import { useTalk } from '../stores/talk.ts'
import { broadcastOf, outboxStore, socketOf, sourceOf, tabStorage, webLocks } from './browser.ts'

const key: InjectionKey<ShallowRef<OrgRealtime | undefined>> = Symbol('org realtime')
export const realtimeKey = key

/** The live side of the org that the page belongs to; undefined for a moment at the start. */
export function useRealtime(): ShallowRef<OrgRealtime | undefined> {
  return inject(key, () => shallowRef(undefined), true)
}

/**
 * Everything live of an org, for as long as the calling component is there. It connects when `ready` is true: the list
 * of channels must be loaded, because the first hello tells the server where this browser stands.
 */
export function startRealtime(
  reader: Reader & { org_id: string },
  ready: Readonly<Ref<boolean>>,
): ShallowRef<OrgRealtime | undefined> {
  const realtime = shallowRef<OrgRealtime>()
  const client = useQueryClient()
  const router = useRouter()
  const connection = useConnection()
  const talk = useTalk()
  let stopped = false

  async function ended() {
    // One's own sign-out: its page goes on by itself.
    if (connection.signing_out) return
    try {
      await auth.me()
      // Still signed in, so it was this org that let go.
      client.removeQueries({ queryKey: keys.inOrg(reader.slug) })
      await client.invalidateQueries({ queryKey: keys.me() })
      await router.replace({ path: paths.orgs(), query: { left: reader.slug } })
    } catch (error) {
      if (asFailure(error).status === 401) leaveForSignIn(router, client)
    }
  }

  void takeTabId(tabStorage(), webLocks()).then((tab_id) => {
    if (stopped) return
    const broadcast =
      typeof BroadcastChannel === 'undefined'
        ? undefined
        : broadcastOf(new BroadcastChannel(`mc-events:${reader.org_id}:${reader.user_id}`))
    realtime.value = new OrgRealtime(
      {
        reader,
        client,
        openSocket: () => socketOf(new WebSocket(socketUrl(reader.slug, location.origin), 'mc.v1')),
        events: {
          tab_id,
          locks: webLocks(),
          broadcast,
          stream: (handlers) =>
            new EventStream(
              (cursor) => sourceOf(new EventSource(streamUrl(reader.slug, cursor))),
              handlers,
              realTimers,
              Math.random,
            ),
        },
        outbox: { store: outboxStore(), newId, aliveTabs: () => aliveTabs(webLocks()) },
      },
      {
        socketState: connection.enter,
        streamState(state, leading) {
          connection.stream = state
          connection.leading = leading
        },
        roundTrip(ms) {
          connection.round_trip_ms = ms
        },
        sequence(sequence) {
          connection.sequence = sequence
        },
        recovered: connection.recovered,
        typed: talk.typed,
        typingStopped: talk.stopped,
        present(channel_id, user_ids) {
          talk.present = { ...talk.present, [channel_id]: user_ids }
        },
        outbox(items) {
          talk.outbox = items
        },
        reconnected: () => void client.invalidateQueries({ queryKey: keys.version() }),
        ended: () => void ended(),
        failed: (stage, error) => console.warn(`Mission Control: ${stage}`, error),
      },
    )
    watch(ready, (is_ready, was) => is_ready && !was && !stopped && realtime.value?.start(), {
      immediate: true,
    })
  })

  const again = () => realtime.value?.retryNow()
  // The browser may be wrong about it: a server on this machine needs no network.
  const doubt = () => realtime.value?.check()
  // Whoever comes back to a page, maybe after the device slept, is not shown a connection that died meanwhile.
  const seen = () => {
    if (document.visibilityState !== 'visible') return
    again()
    doubt()
  }
  window.addEventListener('online', again)
  window.addEventListener('offline', doubt)
  document.addEventListener('visibilitychange', seen)
  onScopeDispose(() => {
    stopped = true
    window.removeEventListener('online', again)
    window.removeEventListener('offline', doubt)
    document.removeEventListener('visibilitychange', seen)
    realtime.value?.stop()
    connection.reset()
    talk.reset()
  })
  return realtime
}
