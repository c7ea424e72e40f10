import { type Ref, ref, watch } from 'vue'
import { useNow } from '../../composables/now.ts'

/** A row that arrived is marked for this time. */
const FRESH_MS = 10_000

/**
 * The sequence after which rows are marked as new: the last one that was known some seconds ago. `scope` begins anew, e.g.
 * with another filter, whose rows are not new.
 */
export function useFresh(head: () => number | undefined, scope: () => unknown): Readonly<Ref<number>> {
  const after = ref(Number.MAX_SAFE_INTEGER)
  const now = useNow(1_000)
  let arrivals: { at_ms: number; before: number }[] = []
  watch(
    [head, scope],
    ([sequence, of], [former, of_former]) => {
      if (sequence === undefined || former === undefined || of !== of_former) {
        arrivals = []
        after.value = Number.MAX_SAFE_INTEGER
        return
      }
      if (sequence > former) arrivals.push({ at_ms: Date.now(), before: former })
      after.value = arrivals[0]?.before ?? Number.MAX_SAFE_INTEGER
    },
    { flush: 'sync' },
  )
  watch(now, (ms) => {
    if (arrivals.length === 0) return
    arrivals = arrivals.filter(({ at_ms }) => ms - at_ms < FRESH_MS)
    after.value = arrivals[0]?.before ?? Number.MAX_SAFE_INTEGER
  })
  return after
}
