import { useQueryClient } from '@tanstack/vue-query'
import { watch } from 'vue'
import { keys } from '../api/keys.ts'
import { useConnection } from '../stores/connection.ts'
import { useVersion } from './queries.ts'

/**
 * Notices when the server is another version than the one this page was loaded from: the page may not understand it
 * fully. What it shows is read again at once; its own code only a reload can change.
 */
export function useVersionWatch(): void {
  const client = useQueryClient()
  const { data } = useVersion()
  const connection = useConnection()
  let loaded: string | undefined
  watch(
    () => data.value?.version,
    (version) => {
      if (version === undefined) return
      loaded ??= version
      if (version === loaded || connection.update_ready) return
      connection.update_ready = true
      void client.invalidateQueries({ queryKey: keys.me() })
      void client.invalidateQueries({ queryKey: ['org'] })
    },
    { immediate: true },
  )
}
