import { useQueryClient } from '@tanstack/vue-query'
import { watch } from 'vue'
import { keys } from '../api/keys.ts'
import { wrapped } from '../platform/wrapped.ts'
import { useConnection } from '../stores/connection.ts'
import { useVersion } from './queries.ts'

/**
 * Detects that the server runs another version than the one that served this page. The data is refetched at once, since the
 * cache may lack fields; the code of the page changes only by a reload, which the banner offers.
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
      // The code of the wrapped app comes with the app.
      if (wrapped()) loaded = version
      else connection.update_ready = true
      void client.invalidateQueries({ queryKey: keys.me() })
      void client.invalidateQueries({ queryKey: ['org'] })
    },
    { immediate: true },
  )
}
