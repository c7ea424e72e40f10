import type { Task } from '@contracts/resources.ts'
import { computed, shallowRef } from 'vue'
import { rangeOf } from './bulk.ts'

/** Selected rows of a table. Rows that leave the filter are selected no longer. */
export function useSelection(rows: () => readonly Task[]) {
  const ids = shallowRef<ReadonlySet<string>>(new Set())
  let anchor = ''
  const selected = computed(() => rows().filter(({ id }) => ids.value.has(id)))
  const all = computed(() => rows().length > 0 && selected.value.length === rows().length)

  /** With `to_here` all rows from the last one to this one. */
  function toggle(id: string, to_here = false) {
    const next = new Set(ids.value)
    if (to_here && anchor !== '') for (const one of rangeOf(rows(), anchor, id)) next.add(one)
    else if (!next.delete(id)) next.add(id)
    anchor = id
    ids.value = next
  }
  function toggleAll() {
    ids.value = new Set(all.value ? [] : rows().map(({ id }) => id))
  }
  function clear() {
    ids.value = new Set()
    anchor = ''
  }
  return { ids, selected, all, toggle, toggleAll, clear }
}
