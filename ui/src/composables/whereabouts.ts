import { watch } from 'vue'
import { useRoute } from 'vue-router'
import { isAt, PLACES } from '../components/shell/places.ts'
import { rememberView, rememberVisit } from '../stores/visits.ts'

const VISITED = { channel_id: 'channel', project_id: 'project', task_id: 'task' } as const

/** Remembers the view of the org and what is open in it. The channel is remembered by its page, once it is readable. */
export function useWhereabouts(slug: string): void {
  const route = useRoute()
  watch(
    () => route.path,
    () => {
      if (route.params.org !== slug) return
      // Without what is open in it: that may be gone at the next visit.
      const place = placeAt(route.path, slug)
      if (place) rememberView(slug, place.path(slug))
      for (const [param, kind] of Object.entries(VISITED) as [keyof typeof VISITED, 'channel'][]) {
        const id = route.params[param]
        if (typeof id === 'string' && id !== '') rememberVisit(slug, { kind, id })
      }
    },
    { immediate: true },
  )
}
