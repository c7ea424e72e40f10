import { elementScroll, useVirtualizer } from '@tanstack/vue-virtual'
import { useResizeObserver } from '@vueuse/core'
import { computed, nextTick, type Ref, ref, watch } from 'vue'

/** Rows rendered beyond the view, so that a fast wheel does not show a gap. */
const OVERSCAN_ROWS = 10
/** A distance to the end up to this one counts as "at the end". */
const END_PX = 24
/** Browsers round positions of a scroll to parts of a pixel. */
const ROUNDING_PX = 1
/** Room above a message that is jumped to, for the messages before it. */
const JUMP_ROOM_PX = 160

export interface RenderedRange {
  start: number
  end: number
  before_px: number
  after_px: number
}

/**
 * The virtual list of a log. It keeps the reading position: rows that arrive above or below, or change their height, do
 * not move the row at the top of the view. A reader at the end follows new rows, unless the log is `detached`: newer
 * messages exist that are not loaded. `scroller` scrolls, `rows` contains the rendered rows.
 */
export function useVirtualLog(options: {
  scroller: Ref<HTMLElement | undefined>
  rows: Ref<HTMLElement | undefined>
  keys: Ref<readonly string[]>
  estimate: (index: number) => number
  detached: () => boolean
}) {
  const { scroller, rows, keys, estimate, detached } = options
  /** The view stays at the end, whatever changes its size or that of the rows. */
  const pinned = ref(!detached())
  let last_scroll_top = 0
  /** Where the list itself, not the reader, has scrolled to last. */
  let written_top = 0

  const virtualizer = useVirtualizer(
    computed(() => {
      const current = keys.value
      return {
        count: current.length,
        getScrollElement: () => scroller.value ?? null,
        estimateSize: estimate,
        getItemKey: (index: number) => current[index] ?? index,
        overscan: OVERSCAN_ROWS,
        // Resolves the position by the key of the top row when rows are inserted before it.
        anchorTo: 'end' as const,
        scrollPaddingStart: JUMP_ROOM_PX,
        initialOffset: pinned.value ? Number.MAX_SAFE_INTEGER : 0,
        // Written after the render: the browser would clamp the new position to the height of the old rows.
        scrollToFn: (offset, how, instance) =>
          void nextTick().then(() => {
            elementScroll(offset, how, instance)
            written_top = scroller.value?.scrollTop ?? 0
          }),
      } satisfies Parameters<typeof useVirtualizer<HTMLElement, HTMLElement>>[0]
    }),
  )

  const range = computed<RenderedRange>(() => {
    const items = virtualizer.value.getVirtualItems()
    const [first, last] = [items[0], items.at(-1)]
    const total_px = virtualizer.value.getTotalSize()
    return first && last
      ? { start: first.index, end: last.index + 1, before_px: first.start, after_px: total_px - last.end }
      : { start: 0, end: 0, before_px: 0, after_px: total_px }
  })
  const top_index = computed(() => {
    const list = virtualizer.value
    // Rows that do not fill the view never scroll, so the initial offset stays.
    const furthest = Math.max(0, list.getTotalSize() - (list.scrollRect?.height ?? 0))
    return list.getVirtualItemForOffset(Math.min(list.scrollOffset ?? 0, furthest))?.index ?? 0
  })

  /**
   * A scroll upwards by the reader leaves the end. The list scrolls upwards too: for rows that are lower than estimated, and
   * for rows that are let go above.
   */
  function scrolled() {
    const element = scroller.value
    if (!element) return
    const { scrollHeight, clientHeight, scrollTop } = element
    if (scrollHeight - clientHeight - scrollTop <= END_PX) pinned.value ||= !detached()
    else if (Math.abs(scrollTop - written_top) <= ROUNDING_PX) stayAtEnd()
    else pinned.value &&= scrollTop >= last_scroll_top
    last_scroll_top = element.scrollTop
  }
  function stayAtEnd() {
    const element = scroller.value
    if (!element || !pinned.value) return
    element.scrollTop = element.scrollHeight
    written_top = element.scrollTop
  }
  useResizeObserver([scroller, rows], stayAtEnd)
  watch(detached, scrolled, { flush: 'post' })

  async function toEnd() {
    pinned.value = true
    virtualizer.value.cancelScroll()
    await nextTick()
    stayAtEnd()
  }

  /** Scrolls to the row with this key, which must be in the log. */
  async function toKey(key: string) {
    pinned.value = false
    await nextTick()
    virtualizer.value.scrollToIndex(keys.value.indexOf(key), { align: 'start' })
  }

  function measure(row: unknown) {
    if (row instanceof HTMLElement) virtualizer.value.measureElement(row)
  }

  const at_end = computed(() => pinned.value && !detached())
  return { range, at_end, top_index, scrolled, toEnd, toKey, measure }
}
