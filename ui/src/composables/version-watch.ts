import { useQueryClient } from '@tanstack/vue-query'
import { ref, watch } from 'vue'
import { keys } from '../api/keys.ts'
import { useVersion } from './queries.ts'

/**
 * True when the server is another version than the one this page was loaded from: the page may not understand it
 * fully. What it shows is read again at once; its own code only a reload can change.
 */
export function useVersionWatch() {
  const client = useQueryClient()
  const { data } = useVersion()
  const changed = ref(false)
  let loaded: string | undefined
  watch(
    () => data.value?.version,
    (version) => {
      if (version === undefined) return
      loaded ??= version
      if (version === loaded || changed.value) return
      changed.value = true
      void client.invalidateQueries({ queryKey: keys.me() })
      void client.invalidateQueries({ queryKey: ['org'] })
    },
    { immediate: true },
  )
  return changed
}
