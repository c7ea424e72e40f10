import type { SenderType } from '@contracts/vocabulary.ts'
import { type ComputedRef, computed, type MaybeRefOrGetter, toValue } from 'vue'
import { useRoute } from 'vue-router'
import type { Presence } from '../components/base/Avatar.vue'
import { workingAgents } from '../components/chat/working.ts'
import type { MessageLog } from '../realtime/message-log.ts'
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

/** Presence of a member as its avatar shows it: here, working or away; undefined while it is unknown. */
export type StandingOf = (user: { id: string | null; type: SenderType }) => Presence | undefined

/**
 * The presence of members in a channel, or, without one, in any channel of the reader. `log` adds the work of agents on its
 * messages. Presence comes by the socket: without one nothing is known of others.
 */
export function useStanding(
  channel_id?: MaybeRefOrGetter<string>,
  log?: MaybeRefOrGetter<MessageLog | undefined>,
): ComputedRef<StandingOf> {
  const connection = useConnection()
  const talk = useTalk()
  const present = usePresence(channel_id)
  const in_log = computed(() => {
    const read = toValue(log)
    return new Set(read ? workingAgents(read).map(({ agent_id }) => agent_id) : [])
  })
  const at_work = computed(
    () => new Set(Object.values(talk.working).flatMap((works) => works.map(({ agent_id }) => agent_id))),
  )
  return computed(() => {
    const known = connection.socket.is === 'live' && !connection.lost_shown
    return ({ id, type }) => {
      if (id === null || (type !== 'human' && type !== 'agent')) return undefined
      if (in_log.value.has(id)) return 'work'
      if (present.value.has(id)) return at_work.value.has(id) ? 'work' : 'on'
      return known ? 'off' : undefined
    }
  })
}
