import type { User } from '@contracts/resources.ts'
import type { Role } from '@contracts/vocabulary.ts'
import {
  keepPreviousData,
  type QueryClient,
  type QueryFunctionContext,
  useQuery,
  useQueryClient,
} from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'
import { auth } from '../api/auth.ts'
import { keys } from '../api/keys.ts'
import { api } from '../api/org.ts'
import { service } from '../api/service.ts'
import { asksFor } from '../realtime/cache-update.ts'
import { withFresh } from '../realtime/channel-counts.ts'
import { readCurrent } from '../realtime/current-read.ts'
import { ownDevice } from './device.ts'
import { announceUser } from './sign-in-notice.ts'

/** Server state through the query cache. Events keep it current, so no query expires by age. */

/** Answers to what was typed: no event keeps them current. */
const FOUND_KEPT_MS = 10_000

export const meQuery = {
  queryKey: keys.me(),
  queryFn: async ({ client }: Pick<QueryFunctionContext, 'client'>) => {
    const me = await readCurrent(client, undefined, auth.me, (signed_in, update) =>
      update.at === 'me' ? update.change(signed_in) : signed_in,
    )
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
  return useQuery({
    queryKey: keys.orgs(),
    queryFn: ({ client }) =>
      readCurrent(
        client,
        undefined,
        api.orgs,
        (orgs) => orgs,
        (update) => asksFor(update, 'orgs'),
      ),
  })
}

export function useOrg(slug: MaybeRefOrGetter<string>) {
  const client = useQueryClient()
  return useQuery({
    queryKey: computed(() => keys.org(toValue(slug))),
    queryFn: () =>
      readCurrent(
        client,
        toValue(slug),
        () => api.org(toValue(slug)),
        (org, update) => (update.at === 'org' ? update.change(org) : org),
        (update) => asksFor(update, 'everything'),
      ),
  })
}

/** The first page goes into the cache as soon as it is there. */
function firstMembersQuery(slug: string) {
  return { queryKey: keys.firstMembers(slug), queryFn: () => api.firstMembers(slug) }
}

/** All members as one list. A removal during the request shifts the pages, so that one is missing: read again. */
export async function allMembers(client: QueryClient, slug: string): Promise<User[]> {
  let [again, complete] = [false, false]
  return await readCurrent(
    client,
    slug,
    async () => {
      if (again) await client.invalidateQueries({ queryKey: keys.firstMembers(slug), refetchType: 'none' })
      again = true
      const first = await client.fetchQuery(firstMembersQuery(slug))
      const members = [...first.data, ...(await api.furtherMembers(slug, first))]
      const unique = [...new Map(members.map((user) => [user.id, user])).values()]
      complete = unique.length >= first.pagination.total
      return unique
    },
    (members, update) => (update.at === 'members' ? update.change(members) : members),
    (update) => asksFor(update, 'everything') || (update.at === 'members' && !complete),
  )
}

/**
 * Members of an org in the order of names: the first page as soon as it is there, and in the end all of them. Until they
 * are complete, {@link useFoundMembers} asks the server.
 */
export function useMembers(slug: MaybeRefOrGetter<string>) {
  const client = useQueryClient()
  const first = useQuery(computed(() => firstMembersQuery(toValue(slug))))
  const all = useQuery({
    queryKey: computed(() => keys.members(toValue(slug))),
    queryFn: () => allMembers(client, toValue(slug)),
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
    const fresh = await readCurrent(
      client,
      slug,
      () => api.channels(slug),
      (channels, update) => (update.at === 'channels' ? update.change(channels) : channels),
      (update) => asksFor(update, 'channels'),
    )
    // Read after the answer: a marker that moved before or during the request may not be stored yet.
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
