import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed } from 'vue'
import { keys } from '../../api/keys.ts'
import { api } from '../../api/org.ts'
import { asksFor } from '../../realtime/cache-update.ts'
import { readCurrent } from '../../realtime/current-read.ts'

/** Reads of keys at once: a page of agents has one each, and a browser has six connections to a host. */
const READS_AT_ONCE = 3

const waiting: (() => void)[] = []
let running = 0

async function inTurn<T>(read: () => Promise<T>): Promise<T> {
  if (running >= READS_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  running++
  try {
    return await read()
  } finally {
    running--
    waiting.shift()?.()
  }
}

/** The keys of an agent, for administrators; read again after each rotation and revocation. */
export function useAgentKeys(slug: () => string, user_id: () => string, enabled: () => boolean) {
  const client = useQueryClient()
  return useQuery({
    queryKey: computed(() => keys.memberKeys(slug(), user_id())),
    queryFn: () => {
      const [of_slug, of_id] = [slug(), user_id()]
      return readCurrent(
        client,
        of_slug,
        () => inTurn(() => api.keys(of_slug, of_id)),
        (found) => found,
        (update) => asksFor(update, 'member_keys', of_id),
      )
    },
    enabled: computed(enabled),
  })
}
