import { useElementBounding, useResizeObserver } from '@vueuse/core'
import { computed, type Ref, ref } from 'vue'

/** Shorter lists are rendered whole: the browser's search and the Tab key reach every row. */
const WHOLE_MAX = 60

/**
 * The rendered part of a long list of rows of one height, which is read from the first two. The list may lie anywhere in
 * its scroller, beside other lists.
 */
export function useFixedRows(options: {
  scroller: Ref<HTMLElement | null | undefined>
  list: Ref<HTMLElement | undefined>
  /** Selects the rows in the list. */
  row: string
  count: () => number
  /** Rows rendered before and behind the view; the range moves in steps of as many, not with every pixel. */
  step_rows: number
}) {
  const { scroller, list, row, count, step_rows } = options
  const row_px = ref(0)
  const view = useElementBounding(scroller)
  const box = useElementBounding(list)
  useResizeObserver(list, () => {
    const [first, second] = list.value?.querySelectorAll<HTMLElement>(row) ?? []
    if (first && second) row_px.value = second.offsetTop - first.offsetTop
  })
  const stepBefore = (px: number) =>
    Math.max(0, Math.floor((row_px.value > 0 ? px / row_px.value : 0) / step_rows) * step_rows)
  const start = computed(() =>
    count() <= WHOLE_MAX
      ? 0
      : Math.min(stepBefore(view.top.value - box.top.value - step_rows * row_px.value), count() - 2),
  )
  const end = computed(() =>
    count() <= WHOLE_MAX
      ? count()
      : Math.min(count(), stepBefore(view.bottom.value - box.top.value) + 3 * step_rows),
  )
  /** Heights of the rows that are not rendered. */
  const before_px = computed(() => start.value * row_px.value)
  const after_px = computed(() => (count() - end.value) * row_px.value)
  return { start, end, before_px, after_px }
}
