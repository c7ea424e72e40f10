import type { SearchAnswer, SearchResult } from '@contracts/search.ts'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { keys } from '../../api/keys.ts'
import { type SearchPlace, searchApi } from '../../api/search.ts'
import { isSearch, paramsOfSearch, type SearchQuery } from './search-query.ts'

/** No event keeps an answer current: it is for going back and forth. */
const KEPT_MS = 60_000

const FIRST: SearchPlace = { page: 1, as_of: undefined }

/** The answer to a search, page by page. The answer before stays until the next one is there. */
export function useSearch(slug: () => string, query: Readonly<Ref<SearchQuery>>) {
  const params = computed(() => paramsOfSearch(query.value))
  const enabled = computed(() => isSearch(query.value.q))
  const asked = useInfiniteQuery({
    queryKey: computed(() => keys.search(slug(), params.value)),
    queryFn: ({ signal, pageParam }): Promise<SearchAnswer> =>
      searchApi.search(slug(), params.value, pageParam, signal),
    initialPageParam: FIRST,
    getNextPageParam: ({ pagination }, all): SearchPlace | undefined => {
      if (params.value.per_type !== undefined || pagination.page >= pagination.total_pages) return undefined
      return { page: pagination.page + 1, as_of: all[0]?.as_of ?? undefined }
    },
    enabled,
    placeholderData: keepPreviousData,
    staleTime: KEPT_MS,
    gcTime: KEPT_MS,
  })
  const pages = computed(() => (enabled.value ? asked.data.value?.pages : undefined))
  return {
    answer: computed(() => pages.value?.[0]),
    results: computed((): SearchResult[] => pages.value?.flatMap(({ data }) => data) ?? []),
    /** The results are those of the search before. */
    stale: asked.isPlaceholderData,
    busy: asked.isFetching,
    error: asked.error,
    retry: asked.refetch,
    has_more: asked.hasNextPage,
    more: asked.fetchNextPage,
    reading_more: asked.isFetchingNextPage,
  }
}
