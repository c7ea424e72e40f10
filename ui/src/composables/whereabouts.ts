import { watch } from 'vue'
import { useRoute } from 'vue-router'
import { placeAt } from '../components/shell/places.ts'
import { rememberView, rememberVisit, type Visit } from '../stores/visits.ts'

const VISITED: Record<string, Visit['kind']> = {
  channel_id: 'channel',
  project_id: 'project',
  task_id: 'task',
}

/** Remembers the view of the org, and what is open in it. The channel page itself remembers the last channel. */
export function useWhereabouts(slug: string): void {
  const route = useRoute()
  watch(
    () => route.path,
    (path) => {
      if (route.params.org !== slug) return
      // Without what is open in it: that may be gone at the next visit.
      const place = placeAt(path, slug)
      if (place) rememberView(slug, place.path(slug))
      for (const [param, kind] of Object.entries(VISITED)) {
        const id = route.params[param]
        if (typeof id === 'string' && id !== '') rememberVisit(slug, { kind, id })
      }
    },
    { immediate: true },
  )
}
