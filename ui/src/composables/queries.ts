import type { Role } from '@contracts/vocabulary.ts'
import { keepPreviousData, type QueryClient, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'
import { auth } from '../api/auth.ts'
import { keys } from '../api/keys.ts'
import { api } from '../api/org.ts'
import { service } from '../api/service.ts'
import { withFresh } from '../realtime/channel-counts.ts'
import { ownDevice } from './device.ts'
import { announceUser } from './sign-in-notice.ts'

/** Server state through the query cache. Events keep it current, so no query expires by age. */

/** Answers to what was typed: no event keeps them current. */
const FOUND_KEPT_MS = 10_000

export const meQuery = {
  queryKey: keys.me(),
  queryFn: async () => {
    const me = await auth.me()
    announceUser(me.user.id)
    ownDevice(me.user.id)
    return me
  },
}

export function useMe() {
  return useQuery(meQuery)
}

export function useProviders() {
  return useQuery({ queryKey: keys.providers(), queryFn: auth.providers })
}

export function useVersion() {
  return useQuery({ queryKey: keys.version(), queryFn: service.version })
}

export function useReady() {
  return useQuery({ queryKey: keys.ready(), queryFn: service.ready })
}

export function useOrgs() {
  return useQuery({ queryKey: keys.orgs(), queryFn: api.orgs })
}

export function useOrg(slug: MaybeRefOrGetter<string>) {
  return useQuery({
    queryKey: computed(() => keys.org(toValue(slug))),
    queryFn: () => api.org(toValue(slug)),
  })
}

/**
 * Members of an org in the order of names: the first page as soon as it is there, and in the end all of them. Until they
 * are complete, {@link useFoundMembers} asks the server.
 */
export function useMembers(slug: MaybeRefOrGetter<string>) {
  const client = useQueryClient()
  const firstQuery = () => ({
    queryKey: keys.firstMembers(toValue(slug)),
    queryFn: () => api.firstMembers(toValue(slug)),
  })
  const first = useQuery(computed(firstQuery))
  const all = useQuery({
    queryKey: computed(() => keys.members(toValue(slug))),
    queryFn: async () => {
      const page = await client.fetchQuery(firstQuery())
      return [...page.data, ...(await api.furtherMembers(toValue(slug), page))]
    },
  })
  return {
    data: computed(() => all.data.value ?? first.data.value?.data),
    total: computed(() => all.data.value?.length ?? first.data.value?.pagination.total),
    complete: computed(() => all.data.value !== undefined),
    error: all.error,
  }
}

/** What the server finds among all members; the answer before stays until the next one is there. Off without `q`. */
export function useFoundMembers(
  slug: MaybeRefOrGetter<string>,
  query: MaybeRefOrGetter<{ q: string; type: string } | undefined>,
) {
  const asked = computed(() => toValue(query))
  const { data } = useQuery({
    queryKey: computed(() => keys.foundMembers(toValue(slug), asked.value ?? { q: '', type: '' })),
    queryFn: () => api.firstMembers(toValue(slug), asked.value),
    enabled: computed(() => asked.value !== undefined),
    placeholderData: keepPreviousData,
    gcTime: FOUND_KEPT_MS,
    staleTime: FOUND_KEPT_MS,
  })
  return computed(() => (asked.value === undefined ? undefined : data.value?.data))
}

export function channelsQuery(slug: string, client: QueryClient) {
  const queryKey = keys.channels(slug)
  const queryFn = async () => {
    const fresh = await api.channels(slug)
    // Read after the answer: the read marker may have moved during the request.
    return withFresh(client.getQueryData(queryKey), fresh)
  }
  return { queryKey, queryFn }
}

export function useChannels(slug: MaybeRefOrGetter<string>) {
  const client = useQueryClient()
  return useQuery({
    queryKey: computed(() => keys.channels(toValue(slug))),
    queryFn: () => channelsQuery(toValue(slug), client).queryFn(),
  })
}

/** The reader as a member of an org; undefined until it is known. */
export function useMembership(slug: MaybeRefOrGetter<string>) {
  const { data } = useMe()
  return computed(() => data.value?.memberships.find(({ org }) => org.slug === toValue(slug)))
}

/** The reader's role in an org; undefined until it is known. */
export function useRole(slug: MaybeRefOrGetter<string>) {
  const membership = useMembership(slug)
  return computed<Role | undefined>(() => membership.value?.role)
}
