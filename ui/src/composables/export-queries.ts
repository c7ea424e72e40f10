import { useQuery } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'
import { exports } from '../api/exports.ts'
import { keys } from '../api/keys.ts'

/** The newest exports of an org; events and progress keep them up to date. */
export function useExports(slug: MaybeRefOrGetter<string>) {
  return useQuery({
    queryKey: computed(() => keys.exports(toValue(slug))),
    queryFn: () => exports.list(toValue(slug)),
    staleTime: 0,
  })
}
