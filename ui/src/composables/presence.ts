import { type ComputedRef, computed, type MaybeRefOrGetter, toValue } from 'vue'
import { useRoute } from 'vue-router'
import { useConnection } from '../stores/connection.ts'
import { useTalk } from '../stores/talk.ts'
import { useMembership } from './queries.ts'

/**
 * Ids of the users who are connected to a channel, or, without one, to any channel of the reader. The reader is present as
 * soon as the chat is live: the server sends changes only, and a second tab changes nothing. While the connection is lost
 * the set is empty, because the last known presence may be outdated.
 */
export function usePresence(channel_id?: MaybeRefOrGetter<string>): ComputedRef<ReadonlySet<string>> {
  const connection = useConnection()
  const talk = useTalk()
  const route = useRoute()
  const membership = useMembership(() => String(route.params.org))
  return computed(() => {
    if (connection.lost_shown) return new Set<string>()
    const known =
      channel_id === undefined ? Object.values(talk.present).flat() : talk.present[toValue(channel_id)]
    const ids = new Set(known)
    if (connection.live && membership.value) ids.add(membership.value.user_id)
    return ids
  })
}
