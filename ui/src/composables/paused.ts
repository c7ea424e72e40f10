import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { type ComputedRef, computed, type MaybeRefOrGetter, toValue } from 'vue'
import { readPause } from '../api/events.ts'
import { keys } from '../api/keys.ts'
import { asksFor, type Pause } from '../realtime/cache-update.ts'
import { readCurrent } from '../realtime/current-read.ts'
import { useNow } from './now.ts'

/**
 * The pause of agents in a channel by the loop brake; undefined while they may write. It ends by a message of a person, by
 * an administrator, or by its time.
 */
export function usePause(
  slug: string,
  channel_id: string,
  enabled: MaybeRefOrGetter<boolean>,
): ComputedRef<Pause | undefined> {
  const client = useQueryClient()
  const now = useNow(1_000)
  const { data: pause } = useQuery({
    queryKey: keys.pause(slug, channel_id),
    queryFn: () =>
      readCurrent(
        client,
        slug,
        () => readPause(slug, channel_id),
        (known, update) => (update.at === 'pause' && update.channel_id === channel_id ? update.pause : known),
        (update) => asksFor(update, 'everything'),
      ),
    enabled: computed(() => toValue(enabled)),
  })
  return computed(() => (pause.value && Date.parse(pause.value.until) > now.value ? pause.value : undefined))
}
