import type { User } from '@contracts/resources.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { keys } from '../../api/keys.ts'

/** Writes what a request answered into the list of members, without waiting for the event that says the same. */
export function useMemberCache(slug: () => string) {
  const client = useQueryClient()
  const change = (update: (members: User[]) => User[]) =>
    client.setQueryData<User[]>(keys.members(slug()), (members) => members && update(members))
  return {
    put: (user: User) => change((members) => [...members.filter(({ id }) => id !== user.id), user]),
    drop: (user_id: string) => change((members) => members.filter(({ id }) => id !== user_id)),
  }
}
