import { useLocalStorage } from '@vueuse/core'
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { filterOf, type Query, queryOf, type TaskFilter } from './task-filter.ts'

export type View = 'board' | 'table'

/**
 * Filter and view of the tasks, in the address. The last ones of this person in this org come back when the page opens
 * without any.
 */
export function useTaskFilter(slug: string, me_id: string) {
  const route = useRoute()
  const router = useRouter()
  const saved_filter = useLocalStorage(`mc.tasks:${slug}:${me_id}`, '', { writeDefaults: false })
  const saved_view = useLocalStorage<View>(`mc.tasks_view:${slug}:${me_id}`, 'board', {
    writeDefaults: false,
  })
  const filter = computed(() => filterOf(route.query))
  const view = computed<View>(() => (route.query.view === 'table' ? 'table' : 'board'))

  /** A filter is no step of the history: back leaves the page. */
  function write(query: Query, to: View) {
    void router.replace({ query: { ...query, ...(to === 'table' ? { view: to } : {}) } })
  }
  function change(to: TaskFilter) {
    saved_filter.value = new URLSearchParams(queryOf(to)).toString()
    write(queryOf(to), view.value)
  }
  function show(to: View) {
    saved_view.value = to
    write(queryOf(filter.value), to)
  }

  const address = queryOf(filter.value)
  const unfiltered = Object.keys(address).length === 0
  const to_view = route.query.view === undefined ? saved_view.value : view.value
  if (unfiltered && saved_filter.value !== '')
    write(queryOf(filterOf(Object.fromEntries(new URLSearchParams(saved_filter.value)))), to_view)
  else if (to_view !== view.value) write(address, to_view)

  return { filter, view, change, show, clear: () => change(filterOf({})) }
}
