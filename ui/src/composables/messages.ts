import type { Channel } from '@contracts/resources.ts'
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, onScopeDispose, ref, toValue } from 'vue'
import { keys } from '../api/keys.ts'
import { api, type HistoryPlace } from '../api/org.ts'
import { asksFor, type CacheUpdate } from '../realtime/cache-update.ts'
import { readCurrent } from '../realtime/current-read.ts'
import {
  firstSeq,
  hiddenLog,
  lastSeq,
  logAround,
  logFromNewest,
  type MessageLog,
  shownLog,
  withFreshTail,
  withNewer,
  withOlder,
} from '../realtime/message-log.ts'

/** Pages read in sequence to close a gap. A larger gap is replaced by the newest page. */
const FILL_PAGES_MAX = 5

/**
 * Reads the newest page of a channel and merges it into the cached log. Messages that arrived during the request are read
 * afterwards, so that the log ends at the `last_seq` of the channel.
 */
export async function loadLog(client: QueryClient, slug: string, channel_id: string): Promise<MessageLog> {
  return await readCurrent(
    client,
    slug,
    () => readLog(client, slug, channel_id),
    (log, update) => changedLog(log, update, channel_id),
    (update) => asksFor(update, 'everything'),
  )
}

function changedLog(log: MessageLog, update: CacheUpdate, channel_id: string): MessageLog {
  return update.at === 'messages' && update.channel_id === channel_id ? update.change(log) : log
}

/** A page of messages. Deliveries that change during the request are repeated on it; new messages do not belong to it. */
async function readPage(client: QueryClient, slug: string, channel_id: string, place: HistoryPlace) {
  return await readCurrent(
    client,
    slug,
    () => api.messages(slug, channel_id, place),
    (slice, update) => {
      const log = { messages: slice.data.toReversed(), has_older: true, has_newer: true }
      return { ...slice, data: changedLog(log, update, channel_id).messages.toReversed() }
    },
  )
}

async function readLog(client: QueryClient, slug: string, channel_id: string): Promise<MessageLog> {
  const newest = logFromNewest(await api.messages(slug, channel_id))
  const held = client.getQueryData<MessageLog>(keys.messages(slug, channel_id))
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

/** The messages of a channel, with functions that load more of them. An empty id reads nothing. */
export function useMessages(slug: MaybeRefOrGetter<string>, channel_id: MaybeRefOrGetter<string>) {
  const client = useQueryClient()
  const queryKey = computed(() => keys.messages(toValue(slug), toValue(channel_id)))
  const query = useQuery({
    queryKey,
    queryFn: () => loadLog(client, toValue(slug), toValue(channel_id)),
    enabled: computed(() => toValue(channel_id) !== ''),
  })
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
      const slice = await readPage(client, toValue(slug), toValue(channel_id), { before })
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
      const slice = await readPage(client, toValue(slug), toValue(channel_id), { after: lastSeq(log) })
      const head = headOf(client, toValue(slug), toValue(channel_id))
      write((current) => {
        const next = withNewer(current, slice)
        return { ...next, has_newer: lastSeq(next) < head }
      }, key)
    } finally {
      loading_newer.value = false
    }
  }

  /** Replaces the log by the page around one message, unless that message is loaded. Answers whether it exists. */
  async function loadAround(seq: number): Promise<boolean> {
    const held = query.data.value?.messages.some((message) => message.seq === seq)
    if (held) return true
    const key = queryKey.value
    const slice = await readPage(client, toValue(slug), toValue(channel_id), { around: seq })
    if (!slice.data.some((message) => message.seq === seq)) return false
    await client.cancelQueries({ queryKey: key })
    client.setQueryData<MessageLog>(key, logAround(slice, headOf(client, toValue(slug), toValue(channel_id))))
    return true
  }

  /** Replaces the log by the newest page. */
  async function loadNewest() {
    if (!query.data.value?.has_newer) return
    const log = logFromNewest(await readPage(client, toValue(slug), toValue(channel_id), {}))
    client.setQueryData<MessageLog>(queryKey.value, log)
    await client.invalidateQueries({ queryKey: queryKey.value })
  }

  /** Holds the log within its bounds around what is shown. */
  function bound(seq_in_view: number, at_end: boolean) {
    const log = query.data.value
    if (log && shownLog(log, seq_in_view, at_end) !== log)
      write((current) => shownLog(current, seq_in_view, at_end))
  }
  onScopeDispose(() => write(hiddenLog))

  return { query, loading_older, loading_newer, loadOlder, loadNewer, loadAround, loadNewest, bound }
}
