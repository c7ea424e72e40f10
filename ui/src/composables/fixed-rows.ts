import { useElementBounding, useResizeObserver } from '@vueuse/core'
import { computed, type Ref, ref } from 'vue'

/** Shorter lists are rendered whole: the browser's search and the Tab key reach every row. */
const WHOLE_MAX = 120
/** Rows rendered before and behind the view; the range moves in steps of as many, not with every pixel. */
const STEP_ROWS = 16

/**
 * The rendered part of a long list of rows of one height, which is read from the first two. The list may lie anywhere in
 * its scroller, beside other lists.
 */
export function useFixedRows(options: {
  scroller: Ref<HTMLElement | null | undefined>
  list: Ref<HTMLElement | undefined>
  count: () => number
}) {
  const { scroller, list, count } = options
  const row_px = ref(0)
  const view = useElementBounding(scroller)
  const box = useElementBounding(list)
  useResizeObserver(list, () => {
    const [first, second] = list.value?.children ?? []
    if (first instanceof HTMLElement && second instanceof HTMLElement)
      row_px.value = second.offsetTop - first.offsetTop
  })
  const stepBefore = (px: number) =>
    Math.max(0, Math.floor((row_px.value > 0 ? px / row_px.value : 0) / STEP_ROWS) * STEP_ROWS)
  const start = computed(() =>
    count() <= WHOLE_MAX
      ? 0
      : Math.min(stepBefore(view.top.value - box.top.value - STEP_ROWS * row_px.value), count() - 2),
  )
  const end = computed(() =>
    count() <= WHOLE_MAX
      ? count()
      : Math.min(count(), stepBefore(view.bottom.value - box.top.value) + 3 * STEP_ROWS),
  )
  /** Keeps the height of the list. */
  const padding = computed(() =>
    count() <= WHOLE_MAX
      ? undefined
      : {
          paddingTop: `${start.value * row_px.value}px`,
          paddingBottom: `${(count() - end.value) * row_px.value}px`,
        },
  )
  return { start, end, padding }
}
