import { type MaybeRefOrGetter, onScopeDispose, toValue, watchEffect } from 'vue'

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
