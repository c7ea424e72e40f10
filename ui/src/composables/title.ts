import { useTitle } from '@vueuse/core'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { isolate } from '../components/base/isolate.ts'
import { useDeviceNotices } from '../stores/device-notices.ts'
import { useUnread } from './notification-queries.ts'
import { useMe } from './queries.ts'

const APP = 'Mission Control'

/** The document title, most specific part first, e.g. "(2) general · Fieldnote · Mission Control". */
export function usePageTitle(parts: MaybeRefOrGetter<readonly (string | undefined)[]>): void {
  useTitle(() => [...toValue(parts), APP].flatMap((part) => (part ? isolate(part) : [])).join(' · '), {
    restoreOnUnmount: () => APP,
  })
}

/**
 * The title of a page of an org, with the number of unread notifications in front unless this device turned it off. `path` from the thing to its view, e.g.
 * `['Clock skew reorders edits', 'Tasks']`; what is not known yet is left out.
 */
export function useOrgTitle(
  slug: MaybeRefOrGetter<string>,
  path: MaybeRefOrGetter<string | readonly (string | undefined)[]>,
): void {
  const { data: me } = useMe()
  const { data: unread } = useUnread(slug)
  const device = useDeviceNotices()
  usePageTitle(() => {
    const count = device.in_title ? (unread.value?.total ?? 0) : 0
    const org = me.value?.memberships.find((one) => one.org.slug === toValue(slug))?.org.name
    const [first, ...above] = [toValue(path)].flat().filter((part) => part !== undefined)
    return [count > 0 ? `(${count}) ${isolate(first ?? '')}` : first, ...above, org]
  })
}
