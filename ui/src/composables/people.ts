import type { User } from '@contracts/resources.ts'
import { refDebounced } from '@vueuse/core'
import { computed, type MaybeRefOrGetter, ref, toValue } from 'vue'
import type { MentionClass } from '../components/markdown/render.ts'
import { joined } from '../realtime/member-list.ts'
import { useFoundMembers, useMembers } from './queries.ts'

/** Between keys: the server is asked for the last one only. */
const ASK_AFTER_MS = 100

/** Members of an org by id and by username, and the classes of their mentions for one reader. */
export function usePeople(slug: MaybeRefOrGetter<string>, me_id: MaybeRefOrGetter<string>) {
  const { data: known, complete } = useMembers(slug)
  /** The beginning of a name that the user types, while not all members are on the device. */
  const typed = ref<string>()
  const found = useFoundMembers(
    slug,
    refDebounced(
      computed(() => (typed.value && !complete.value ? { q: typed.value, type: '' } : undefined)),
      ASK_AFTER_MS,
    ),
  )
  const members = computed(() =>
    known.value && found.value ? joined(known.value, found.value) : known.value,
  )
  function find(name: string | undefined) {
    typed.value = name
  }
  const byId = computed(() => new Map(members.value?.map((user) => [user.id, user])))
  /** Under the username of now, and under those that were given up within the year. */
  const byUsername = computed(() => {
    const found = new Map<string, User>()
    for (const user of members.value ?? [])
      for (const { username } of [user, ...(user.former_usernames ?? [])]) found.set(username, user)
    return found
  })

  /** Marks the names that `isMentioned` accepts; for a stored message these are the mentions that the server recorded. */
  function mentionClass(isMentioned: (user: User) => boolean): MentionClass {
    return (username) => {
      const user = byUsername.value.get(username)
      if (!user || !isMentioned(user)) return undefined
      if (user.id === toValue(me_id)) return 'm-you'
      return user.type === 'agent' ? 'm-agent' : 'm-human'
    }
  }

  return { members, find, byId, byUsername, mentionClass }
}

export type People = ReturnType<typeof usePeople>
