import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { SocketState } from '../realtime/chat-socket.ts'
import type { StreamState } from '../realtime/event-stream.ts'

/** Shorter losses are not worth a banner: most are over before it could be read. */
const BANNER_AFTER_MS = 1_500
const CAUGHT_UP_SHOWN_MS = 5_000

/** What the status bar and the banner say about the connection. */
export const useConnection = defineStore('connection', () => {
  const socket = ref<SocketState>({ is: 'connecting' })
  const stream = ref<StreamState>('connecting')
  /** Whether this tab holds the one event stream of the browser. */
  const leading = ref(false)
  const round_trip_ms = ref<number>()
  /** Last event of the org that this tab knows. */
  const sequence = ref<number>()
  /** Since when, epoch ms; undefined while connected. */
  const lost_at = ref<number>()
  const lost_shown = ref(false)
  const caught_up = ref<number>()
  /** Whether it was live before: what comes the first time does not come again. */
  const was_live = ref(false)
  /** The server is another version than the one that this page came from. */
  const update_ready = ref(false)
  /** This tab ends the session itself: what the server then says is no news. */
  const signing_out = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined

  function enter(state: SocketState) {
    socket.value = state
    if (state.is === 'live') was_live.value = true
    if (state.is === 'live' || state.is === 'ended') return
    if (lost_at.value !== undefined) return
    lost_at.value = Date.now()
    caught_up.value = undefined
    clearTimeout(timer)
    timer = setTimeout(() => {
      lost_shown.value = true
    }, BANNER_AFTER_MS)
  }

  /** Connected again, with so many messages that arrived in between. */
  function recovered(count: number) {
    const told = lost_shown.value
    clearTimeout(timer)
    lost_at.value = undefined
    lost_shown.value = false
    if (!told) return
    caught_up.value = count
    timer = setTimeout(() => {
      caught_up.value = undefined
    }, CAUGHT_UP_SHOWN_MS)
  }

  function reset() {
    clearTimeout(timer)
    socket.value = { is: 'connecting' }
    stream.value = 'connecting'
    lost_at.value = undefined
    lost_shown.value = false
    caught_up.value = undefined
    update_ready.value = false
    was_live.value = false
    sequence.value = undefined
    round_trip_ms.value = undefined
  }

  const live = computed(() => socket.value.is === 'live')
  return {
    socket,
    stream,
    leading,
    round_trip_ms,
    sequence,
    lost_at,
    lost_shown,
    caught_up,
    was_live,
    update_ready,
    signing_out,
    live,
    enter,
    recovered,
    reset,
  }
})
