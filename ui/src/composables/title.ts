import { useTitle } from '@vueuse/core'
import { type MaybeRefOrGetter, toValue } from 'vue'
import { isolate } from '../components/base/isolate.ts'
import { useChannels, useMe } from './queries.ts'

const APP = 'Mission Control'

/** The document title, most specific part first, e.g. "(2) general · Fieldnote · Mission Control". */
export function usePageTitle(parts: MaybeRefOrGetter<readonly (string | undefined)[]>): void {
  useTitle(() => [...toValue(parts), APP].flatMap((part) => (part ? isolate(part) : [])).join(' · '), {
    restoreOnUnmount: () => APP,
  })
}

/**
 * The title of a page of an org, with the number of unread mentions in front. `path` from the thing to its view, e.g.
 * `['Clock skew reorders edits', 'Tasks']`; what is not known yet is left out.
 */
export function useOrgTitle(
  slug: MaybeRefOrGetter<string>,
  path: MaybeRefOrGetter<string | readonly (string | undefined)[]>,
): void {
  const { data: me } = useMe()
  const { data: channels } = useChannels(slug)
  usePageTitle(() => {
    const mentions = channels.value?.reduce((sum, { mention_count }) => sum + mention_count, 0) ?? 0
    const org = me.value?.memberships.find((one) => one.org.slug === toValue(slug))?.org.name
    const [first, ...above] = [toValue(path)].flat().filter((part) => part !== undefined)
    return [mentions > 0 ? `(${mentions}) ${isolate(first ?? '')}` : first, ...above, org]
  })
}
