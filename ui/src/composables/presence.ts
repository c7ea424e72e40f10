import { type ComputedRef, computed, type MaybeRefOrGetter, toValue } from 'vue'
import { useConnection } from '../stores/connection.ts'
import { useTalk } from '../stores/talk.ts'
import { useMe } from './queries.ts'

/**
 * Ids of the users who are connected to a channel, or without one to any channel that is seen from here. Oneself is there
 * as soon as the chat is live: the server tells only changes, and to a second tab there is none to tell. While the
 * connection is lost nobody is known to be here: what was told last may long be over.
 */
export function usePresence(channel_id?: MaybeRefOrGetter<string>): ComputedRef<ReadonlySet<string>> {
  const connection = useConnection()
  const talk = useTalk()
  const { data: me } = useMe()
  return computed(() => {
    if (connection.lost_shown) return new Set<string>()
    const told =
      channel_id === undefined ? Object.values(talk.present).flat() : talk.present[toValue(channel_id)]
    const ids = new Set(told)
    if (connection.live && me.value) ids.add(me.value.user.id)
    return ids
  })
}
