import { computed, type MaybeRefOrGetter } from 'vue'
import { wrapped } from '../platform/wrapped.ts'
import type { Action } from '../stores/actions.ts'
import { useOrg, useProviders, useRole } from './queries.ts'

const WRITES: ReadonlySet<Action> = new Set(['task', 'channel', 'project', 'invite', 'agent'])
const ADMINISTRATION: ReadonlySet<Action> = new Set(['channel', 'project', 'invite', 'agent'])

/** Whether the reader may begin an action here and now. The server decides in the end. */
export function useMay(slug: MaybeRefOrGetter<string>) {
  const role = useRole(slug)
  const { data: org } = useOrg(slug)
  const { data: offered } = useProviders()
  return computed(() => (action: Action): boolean => {
    if (WRITES.has(action) && org.value?.status !== 'active') return false
    if (ADMINISTRATION.has(action)) return role.value === 'administrator'
    // They belong to the name of the server, which the page of a wrapped app does not have.
    if (action === 'passkeys' && wrapped()) return false
    // Without a provider there is nothing to add.
    if (action === 'identities') return offered.value?.providers.some(({ id }) => id !== 'password') === true
    return action !== 'org' || offered.value?.multi_tenant === true
  })
}
