import { useTimeoutFn } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { SocketState } from '../realtime/chat-socket.ts'
import type { StreamState } from '../realtime/event-stream.ts'

/** A shorter loss shows no banner: it would disappear before it could be read. */
const BANNER_AFTER_MS = 1_500
const CAUGHT_UP_SHOWN_MS = 5_000

/** State of the connection, for the status bar and the banner. */
export const useConnection = defineStore('connection', () => {
  const socket = ref<SocketState>({ is: 'connecting' })
  const stream = ref<StreamState>('connecting')
  /** Whether this tab holds the event stream that all tabs of this browser share. */
  const leading = ref(false)
  const round_trip_ms = ref<number>()
  /** Sequence of the last event that this tab has. */
  const sequence = ref<number>()
  /** Chat goes over HTTP, since no socket gets through. */
  const by_http = ref(false)
  /** The server does not answer, though its connections are open. */
  const silent = ref(false)
  /** Start of the current loss, epoch ms; undefined while connected. */
  const lost_at = ref<number>()
  const lost_shown = ref(false)
  /** Messages that the last reconnect brought, while that is shown. */
  const caught_up = ref<number>()
  /** Whether the socket was live before: the first connection is not a reconnect. */
  const was_live = ref(false)
  /** The server now runs another version than the one that served this page. */
  const update_ready = ref(false)
  /** Another person has signed in in this browser: this page no longer sends anything. */
  const other_user = ref(false)
  /** The app started without a connection, with what was on this device. */
  const from_device = ref(false)
  /** This tab is ending the session itself: the server's revocation needs no reaction. */
  const signing_out = ref(false)

  const showLoss = useTimeoutFn(
    () => {
      lost_shown.value = true
    },
    BANNER_AFTER_MS,
    { immediate: false },
  )
  const hideCaughtUp = useTimeoutFn(
    () => {
      caught_up.value = undefined
    },
    CAUGHT_UP_SHOWN_MS,
    { immediate: false },
  )

  function enter(state: SocketState) {
    socket.value = state
    if (state.is === 'live') silent.value = false
    if (state.is === 'live') was_live.value = true
    if (state.is === 'live' || state.is === 'ended') return
    if (lost_at.value !== undefined || by_http.value) return
    lost_at.value = Date.now()
    caught_up.value = undefined
    showLoss.start()
  }

  function overHttp(on: boolean) {
    by_http.value = on
    if (on) recovered(0)
    else enter(socket.value)
  }

  /** The connection is back; `count` messages arrived in between. */
  function recovered(count: number) {
    from_device.value = false
    showLoss.stop()
    lost_at.value = undefined
    if (!lost_shown.value) return
    lost_shown.value = false
    caught_up.value = count
    hideCaughtUp.start()
  }

  function reset() {
    showLoss.stop()
    hideCaughtUp.stop()
    socket.value = { is: 'connecting' }
    by_http.value = false
    silent.value = false
    stream.value = 'connecting'
    lost_at.value = undefined
    lost_shown.value = false
    caught_up.value = undefined
    update_ready.value = false
    other_user.value = false
    was_live.value = false
    sequence.value = undefined
    round_trip_ms.value = undefined
  }

  const live = computed(() => socket.value.is === 'live' || by_http.value)
  return {
    socket,
    by_http,
    silent,
    stream,
    leading,
    round_trip_ms,
    sequence,
    lost_at,
    lost_shown,
    caught_up,
    was_live,
    update_ready,
    other_user,
    signing_out,
    from_device,
    live,
    enter,
    overHttp,
    recovered,
    reset,
  }
})
