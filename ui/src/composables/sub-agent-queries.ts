import type { SubAgent } from '@contracts/resources.ts'
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'
import { keys } from '../api/keys.ts'
import { subAgentApi } from '../api/sub-agents.ts'
import { asksFor } from '../realtime/cache-update.ts'
import { readCurrent } from '../realtime/current-read.ts'

/** The active sub-agents of an org and those that ended last; follows events. */
export function useSubAgents(slug: MaybeRefOrGetter<string>) {
  const client = useQueryClient()
  return useQuery({
    queryKey: computed(() => keys.subAgents(toValue(slug))),
    queryFn: () =>
      readCurrent<SubAgent[]>(
        client,
        toValue(slug),
        () => subAgentApi.current(toValue(slug)),
        (sub_agents, update) => (update.at === 'sub_agents' ? update.change(sub_agents) : sub_agents),
        (update) => asksFor(update, 'everything'),
      ),
  })
}
