import type { User } from '@contracts/resources.ts'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'
import type { MentionClass } from '../components/markdown/render.ts'
import { useMembers } from './queries.ts'

/** Members of an org by id and by username, and the classes of their mentions for one reader. */
export function usePeople(slug: MaybeRefOrGetter<string>, me_id: MaybeRefOrGetter<string>) {
  const { data: members } = useMembers(slug)
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

  return { members, byId, byUsername, mentionClass }
}

export type People = ReturnType<typeof usePeople>
