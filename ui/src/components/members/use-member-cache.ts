import type { User } from '@contracts/resources.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { keys } from '../../api/keys.ts'
import { withMember, withoutMember } from '../../realtime/member-list.ts'

/** Writes the answer of a request into the cached list of members, without waiting for its event. */
export function useMemberCache(slug: () => string) {
  const client = useQueryClient()
  const change = (update: (members: User[]) => User[]) =>
    client.setQueryData<User[]>(keys.members(slug()), (members) => members && update(members))
  return {
    put: (user: User) => change((members) => withMember(members, user)),
    drop: (user_id: string) => change((members) => withoutMember(members, user_id)),
  }
}
