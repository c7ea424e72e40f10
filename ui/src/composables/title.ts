import { type MaybeRefOrGetter, onScopeDispose, toValue, watchEffect } from 'vue'
import { useChannels, useMe } from './queries.ts'

const APP = 'Mission Control'

/** Sets the document's title: the nearest thing first, e.g. "(2) general · Fieldnote · Mission Control". */
export function useTitle(parts: MaybeRefOrGetter<readonly (string | undefined)[]>): void {
  watchEffect(() => {
    document.title = [...toValue(parts).filter((part) => part !== undefined && part !== ''), APP].join(' · ')
  })
  onScopeDispose(() => {
    document.title = APP
  })
}

/** The title of a page of an org, with the number of mentions that wait in its channels before it. */
export function useOrgTitle(slug: MaybeRefOrGetter<string>, name: MaybeRefOrGetter<string>): void {
  const { data: me } = useMe()
  const { data: channels } = useChannels(slug)
  useTitle(() => {
    const mentions = channels.value?.reduce((sum, { mention_count }) => sum + mention_count, 0) ?? 0
    const org = me.value?.memberships.find((one) => one.org.slug === toValue(slug))?.org.name
    return [mentions > 0 ? `(${mentions}) ${toValue(name)}` : toValue(name), org]
  })
}
