import type { Role } from '@contracts/vocabulary.ts'
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'
import { auth } from '../api/auth.ts'
import { keys } from '../api/keys.ts'
import { api } from '../api/org.ts'
import { service } from '../api/service.ts'
import { withFresh } from '../realtime/channel-counts.ts'
import { announceUser } from './sign-in-notice.ts'

/** Server state through the query cache. Events keep it current, so no query expires by age. */

export const meQuery = {
  queryKey: keys.me(),
  queryFn: async () => {
    const me = await auth.me()
    announceUser(me.user.id)
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

export function useMembers(slug: MaybeRefOrGetter<string>) {
  return useQuery({
    queryKey: computed(() => keys.members(toValue(slug))),
    queryFn: () => api.members(toValue(slug)),
  })
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

/** The reader's role in an org; undefined until it is known. */
export function useRole(slug: MaybeRefOrGetter<string>) {
  const { data } = useMe()
  return computed<Role | undefined>(
    () => data.value?.memberships.find(({ org }) => org.slug === toValue(slug))?.role,
  )
}
