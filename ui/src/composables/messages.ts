import type { Channel } from '@contracts/resources.ts'
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, ref, toValue } from 'vue'
import { keys } from '../api/keys.ts'
import { api } from '../api/org.ts'
import {
  firstSeq,
  lastSeq,
  logAround,
  logFromNewest,
  type MessageLog,
  withFreshTail,
  withNewer,
  withOlder,
} from '../realtime/message-log.ts'

/** Pages read one after another to close a hole; more than that is quicker read as a new page. */
const FILL_PAGES_MAX = 5

/**
 * Reads the end of a channel beside what is held of it. Messages that arrived while the page was under way are read
 * behind it, so that the log ends where the counter of the channel does.
 */
export async function loadLog(client: QueryClient, slug: string, channel_id: string): Promise<MessageLog> {
  const known = () => client.getQueryData<MessageLog>(keys.messages(slug, channel_id))
  const newest = logFromNewest(await api.messages(slug, channel_id))
  const held = known()
  if (held?.has_newer) return held
  let log = withFreshTail(held, newest)
  for (let page = 0; page < FILL_PAGES_MAX && lastSeq(log) < headOf(client, slug, channel_id); page++) {
    const before = lastSeq(log)
    log = withNewer(log, await api.messages(slug, channel_id, { after: before }))
    if (lastSeq(log) === before) break
  }
  return { ...log, has_newer: false }
}

function headOf(client: QueryClient, slug: string, channel_id: string): number {
  const channels = client.getQueryData<Channel[]>(keys.channels(slug))
  return channels?.find(({ id }) => id === channel_id)?.last_seq ?? 0
}

/** The messages of a channel, with ways to more of them. */
export function useMessages(slug: MaybeRefOrGetter<string>, channel_id: MaybeRefOrGetter<string>) {
  const client = useQueryClient()
  const queryKey = computed(() => keys.messages(toValue(slug), toValue(channel_id)))
  const query = useQuery({ queryKey, queryFn: () => loadLog(client, toValue(slug), toValue(channel_id)) })
  const loading_older = ref(false)
  const loading_newer = ref(false)

  function write(change: (log: MessageLog) => MessageLog, key = queryKey.value) {
    client.setQueryData<MessageLog>(key, (log) => (log ? change(log) : log))
  }

  async function loadOlder() {
    const log = query.data.value
    const before = log && firstSeq(log)
    if (!log?.has_older || before === undefined || loading_older.value) return
    loading_older.value = true
    const key = queryKey.value
    try {
      const slice = await api.messages(toValue(slug), toValue(channel_id), { before })
      write((current) => withOlder(current, slice), key)
    } finally {
      loading_older.value = false
    }
  }

  async function loadNewer() {
    const log = query.data.value
    if (!log?.has_newer || loading_newer.value) return
    loading_newer.value = true
    const key = queryKey.value
    try {
      const slice = await api.messages(toValue(slug), toValue(channel_id), { after: lastSeq(log) })
      const head = headOf(client, toValue(slug), toValue(channel_id))
      write((current) => {
        const next = withNewer(current, slice)
        return { ...next, has_newer: lastSeq(next) < head }
      }, key)
    } finally {
      loading_newer.value = false
    }
  }

  /** Replaces what is held by the neighbourhood of one message, unless that is held already. */
  async function loadAround(seq: number): Promise<boolean> {
    const held = query.data.value?.messages.some((message) => message.seq === seq)
    if (held) return true
    const key = queryKey.value
    const slice = await api.messages(toValue(slug), toValue(channel_id), { around: seq })
    if (!slice.data.some((message) => message.seq === seq)) return false
    await client.cancelQueries({ queryKey: key })
    client.setQueryData<MessageLog>(key, logAround(slice, headOf(client, toValue(slug), toValue(channel_id))))
    return true
  }

  /** Back to the end of the channel. */
  async function loadNewest() {
    if (!query.data.value?.has_newer) return
    const log = logFromNewest(await api.messages(toValue(slug), toValue(channel_id)))
    client.setQueryData<MessageLog>(queryKey.value, log)
    await client.invalidateQueries({ queryKey: queryKey.value })
  }

  return { query, loading_older, loading_newer, loadOlder, loadNewer, loadAround, loadNewest }
}
