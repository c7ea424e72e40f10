import type { ServerFrame } from '@contracts/frames.ts'
import { LIMITS } from '@contracts/limits.ts'
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { OutboxItem } from '../realtime/outbox.ts'

/** Slightly longer than the server's expiry, so that its `typing_stopped` usually comes first. */
const TYPING_MS = LIMITS.typing_expires_ms + 1_500

type Attendance = Extract<ServerFrame, { type: 'presence' }>
type Delivered = Extract<ServerFrame, { type: 'delivery' }>

/** Transient chat state: typing users, present users, and this tab's outbox. */
export const useTalk = defineStore('talk', () => {
  const typing = ref<Record<string, string[]>>({})
  const present = ref<Record<string, string[]>>({})
  /** Agents that are present by their calls alone. */
  const calling = ref<Record<string, readonly string[]>>({})
  /** What agents work on, by channel. */
  const working = ref<Record<string, readonly { agent_id: string; seq: number }[]>>({})
  const outbox = ref<readonly OutboxItem[]>([])
  const timers = new Map<string, ReturnType<typeof setTimeout>>()

  function typed(channel_id: string, user_id: string) {
    const key = `${channel_id}.${user_id}`
    clearTimeout(timers.get(key))
    timers.set(
      key,
      setTimeout(() => stopped(channel_id, user_id), TYPING_MS),
    )
    const users = typing.value[channel_id] ?? []
    if (!users.includes(user_id)) typing.value = { ...typing.value, [channel_id]: [...users, user_id] }
  }

  function stopped(channel_id: string, user_id: string) {
    clearTimeout(timers.get(`${channel_id}.${user_id}`))
    const users = typing.value[channel_id]
    if (!users?.includes(user_id)) return
    typing.value = { ...typing.value, [channel_id]: users.filter((id) => id !== user_id) }
  }

  /** The presence of a channel, as the server says it. */
  function attended({ channel_id, user_ids, calling_ids = [], working: at_work = [] }: Attendance) {
    present.value = { ...present.value, [channel_id]: user_ids }
    calling.value = { ...calling.value, [channel_id]: calling_ids }
    working.value = { ...working.value, [channel_id]: at_work }
  }

  /** Follows a delivery at once; the next presence says the same. */
  function delivered({ channel_id, agent_id, seq, state }: Delivered) {
    const before = working.value[channel_id] ?? []
    const others = before.filter((work) => work.agent_id !== agent_id || work.seq !== seq)
    const after = state === 'working' ? [...others, { agent_id, seq }] : others
    working.value = { ...working.value, [channel_id]: after }
  }

  function reset() {
    for (const timer of timers.values()) clearTimeout(timer)
    timers.clear()
    typing.value = {}
    present.value = {}
    calling.value = {}
    working.value = {}
    outbox.value = []
  }

  return { typing, present, calling, working, outbox, typed, stopped, attended, delivered, reset }
})
