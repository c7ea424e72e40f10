import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, ref, toValue, watch } from 'vue'
import { readEvents } from '../api/events.ts'
import { asFailure } from '../api/failure.ts'
import { keys } from '../api/keys.ts'
import { asksFor } from '../realtime/cache-update.ts'
import { readCurrent } from '../realtime/current-read.ts'
import {
  type FilteredLog,
  firstPage,
  LOG_ROWS_MAX,
  type LogFilter,
  withOlder,
} from '../realtime/event-log.ts'

/**
 * The log of an org under a filter, newest first. Events that arrive come by the stream of the org; older pages are read
 * on request, up to a bound.
 */
export function useEventLog(slug: MaybeRefOrGetter<string>, filter: MaybeRefOrGetter<LogFilter>) {
  const client = useQueryClient()
  const key = computed(() => keys.eventLog(toValue(slug), toValue(filter)))
  const query = useQuery({
    queryKey: key,
    placeholderData: keepPreviousData,
    queryFn: () => {
      const [, of_slug, , of_filter] = key.value
      return readCurrent<FilteredLog>(
        client,
        of_slug,
        async () => firstPage(of_filter, await readEvents(of_slug, of_filter)),
        (log, update) => (update.at === 'event_log' ? update.change(log) : log),
        (update) => asksFor(update, 'everything'),
      )
    },
  })

  const reading_older = ref(false)
  const older_failure = ref('')
  watch(key, () => {
    older_failure.value = ''
  })
  const full = computed(() => (query.data.value?.events.length ?? 0) >= LOG_ROWS_MAX)
  const has_older = computed(() => typeof query.data.value?.next_cursor === 'string' && !full.value)

  async function readOlder() {
    const [, of_slug, , of_filter] = key.value
    const at = key.value
    const cursor = query.data.value?.next_cursor
    if (reading_older.value || query.isPlaceholderData.value || typeof cursor !== 'string' || full.value)
      return
    reading_older.value = true
    older_failure.value = ''
    try {
      const page = await readEvents(of_slug, of_filter, cursor)
      client.setQueryData<FilteredLog>(at, (log) =>
        log?.next_cursor === cursor ? withOlder(log, page) : log,
      )
    } catch (error) {
      older_failure.value = asFailure(error).message
    } finally {
      reading_older.value = false
    }
  }

  /** Reads the log anew from its end: the list was full. */
  const readNew = () => client.resetQueries({ queryKey: key.value })

  return {
    log: query.data,
    error: query.error,
    refetch: query.refetch,
    readOlder,
    readNew,
    has_older,
    full,
    reading_older,
    older_failure,
  }
}
