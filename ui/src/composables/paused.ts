import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { type ComputedRef, computed, type MaybeRefOrGetter, toValue } from 'vue'
import { readPause } from '../api/events.ts'
import { keys } from '../api/keys.ts'
import { asksFor } from '../realtime/cache-update.ts'
import { readCurrent } from '../realtime/current-read.ts'
import { useNow } from './now.ts'

/**
 * Until when the loop brake pauses agents in a channel, ISO 8601; undefined while they may write. The pause ends by a message
 * of a person, or by its time.
 */
export function usePaused(
  slug: string,
  channel_id: string,
  enabled: MaybeRefOrGetter<boolean>,
): ComputedRef<string | undefined> {
  const client = useQueryClient()
  const now = useNow(1_000)
  const { data: until } = useQuery({
    queryKey: keys.pause(slug, channel_id),
    queryFn: () =>
      readCurrent(
        client,
        slug,
        () => readPause(slug, channel_id),
        (known, update) => (update.at === 'pause' && update.channel_id === channel_id ? update.until : known),
        (update) => asksFor(update, 'everything'),
      ),
    enabled: computed(() => toValue(enabled)),
  })
  return computed(() => (until.value && Date.parse(until.value) > now.value ? until.value : undefined))
}
