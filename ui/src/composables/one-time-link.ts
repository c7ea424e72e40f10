import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import { useRoute } from 'vue-router'
import { asFailure } from '../api/failure.ts'

/** The one-time link of the page's address. Reading it does not use it up. */
export function useOneTimeLink<T>(kind: string, read: (token: string) => Promise<T>) {
  const route = useRoute()
  const token = computed(() => String(route.params.token))
  const { data: link, error } = useQuery({
    queryKey: computed(() => [kind, token.value]),
    queryFn: () => read(token.value),
  })
  const failure = computed(() => (error.value ? asFailure(error.value) : undefined))
  return { token, link, failure }
}
