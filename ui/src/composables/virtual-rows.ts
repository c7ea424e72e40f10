import { useVirtualizer } from '@tanstack/vue-virtual'
import { computed, type Ref } from 'vue'

/** Shorter lists are rendered whole: the browser's search and the Tab key reach every row. */
const WHOLE_MAX = 120
/** Rows rendered beyond the view, so that a fast wheel does not show a gap. */
const OVERSCAN_ROWS = 12

/** The rendered part of a long list whose rows have about the same height, and the room of the others. */
export function useVirtualRows(options: {
  scroller: Ref<HTMLElement | undefined>
  count: () => number
  row_px: () => number
}) {
  const virtualizer = useVirtualizer(
    computed(() => ({
      count: options.count(),
      getScrollElement: () => options.scroller.value ?? null,
      estimateSize: options.row_px,
      overscan: OVERSCAN_ROWS,
      enabled: options.count() > WHOLE_MAX,
    })),
  )
  const range = computed(() => {
    const count = options.count()
    if (count <= WHOLE_MAX) return { start: 0, end: count, before_px: 0, after_px: 0 }
    const items = virtualizer.value.getVirtualItems()
    const [first, last] = [items[0], items.at(-1)]
    const total_px = virtualizer.value.getTotalSize()
    return first && last
      ? { start: first.index, end: last.index + 1, before_px: first.start, after_px: total_px - last.end }
      : { start: 0, end: 0, before_px: 0, after_px: total_px }
  })
  /** Takes the height of a row; the row has its index as `data-index`. */
  const measure = (row: unknown) => {
    if (row instanceof HTMLElement && options.count() > WHOLE_MAX) virtualizer.value.measureElement(row)
  }
  return { range, measure }
}
