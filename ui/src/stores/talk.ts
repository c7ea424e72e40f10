import { LIMITS } from '@contracts/limits.ts'
import type { DeliveryState } from '@contracts/vocabulary.ts'
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { OutboxItem } from '../realtime/outbox.ts'

/** Slightly longer than the server's expiry, so that its `typing_stopped` usually comes first. */
const TYPING_MS = LIMITS.typing_expires_ms + 1_500

/** Transient chat state: typing users, present users, and this tab's outbox. */
export const useTalk = defineStore('talk', () => {
  const typing = ref<Record<string, string[]>>({})
  const present = ref<Record<string, string[]>>({})
  /** Agents that are present by their calls alone. */
  const calling = ref<Record<string, readonly string[]>>({})
  /** Agents at work, each with the messages it works on, as `<channel>.<seq>`. */
  const working = ref<Record<string, readonly string[]>>({})
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

  /** Follows a delivery state. Such frames may be lost: a reconnect starts anew with {@link forgetWork}. */
  function delivered(agent_id: string, at: { channel_id: string; seq: number }, state: DeliveryState) {
    const key = `${at.channel_id}.${at.seq}`
    const { [agent_id]: before = [], ...others } = working.value
    const messages = before.filter((one) => one !== key)
    if (state === 'working') messages.push(key)
    working.value = messages.length > 0 ? { ...others, [agent_id]: messages } : others
  }

  function forgetWork() {
    working.value = {}
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

  return { typing, present, calling, working, outbox, typed, stopped, delivered, forgetWork, reset }
})
