import { nextTick, onBeforeUnmount, onMounted, type Ref, ref, shallowRef, watch } from 'vue'
import { RowHeights } from './row-heights.ts'

/** Rows are drawn this far beyond the view, so that a quick wheel does not show a gap. */
const BEYOND_PX = 600
/** Closer than this to the end counts as "at the end". */
const END_PX = 24
/** Drawing shows rows whose height was a guess, which may bring more rows into view. */
const PASSES_MAX = 6

type Anchor = 'end' | { key: string /** Of the row's top, from the top of the view. */; offset: number }

export interface DrawnRange {
  start: number
  end: number
  before_px: number
  after_px: number
}

/**
 * A list that draws only what is near the view and keeps the reader's place: rows may come above, below, or change
 * their height, and the row under the eyes stays where it is. At the end it follows what is added.
 * `scroller` scrolls, `rows` holds the drawn rows, each with its key in `data-key`.
 */
export function useVirtualLog(options: {
  scroller: Ref<HTMLElement | undefined>
  rows: Ref<HTMLElement | undefined>
  keys: Ref<readonly string[]>
  guess: (index: number) => number
}) {
  const { scroller, rows, keys, guess } = options
  const heights = new RowHeights()
  const range = shallowRef<DrawnRange>({ start: 0, end: 0, before_px: 0, after_px: 0 })
  const at_end = ref(true)
  const top_index = ref(0)
  let anchor: Anchor = 'end'
  let set_to = -1
  let width = 0
  let settling: Promise<void> | undefined
  /** Something changed while it was being settled. */
  let dirty = false

  function wanted(): number {
    const view = scroller.value?.clientHeight ?? 0
    const last = Math.max(0, heights.total - view)
    if (anchor === 'end') return last
    const index = heights.indexOf(anchor.key)
    return index === undefined
      ? Math.min(scroller.value?.scrollTop ?? 0, last)
      : Math.max(0, heights.top(index) - anchor.offset)
  }

  function draw(scroll_top: number) {
    const view = scroller.value?.clientHeight ?? 0
    const start = heights.at(Math.max(0, scroll_top - BEYOND_PX))
    const end = Math.min(heights.count, heights.at(scroll_top + view + BEYOND_PX) + 1)
    const before_px = heights.top(start)
    const after_px = Math.max(0, heights.total - heights.top(end))
    const now = range.value
    top_index.value = heights.at(scroll_top)
    if (now.start === start && now.end === end && now.before_px === before_px && now.after_px === after_px)
      return
    range.value = { start, end, before_px, after_px }
  }

  /** Reads the heights of drawn rows; answers whether one was other than thought. */
  function measure(): boolean {
    let news = false
    for (const row of rows.value?.children ?? []) {
      if (!(row instanceof HTMLElement) || row.dataset.key === undefined) continue
      observer?.observe(row)
      news = heights.measure(row.dataset.key, row.getBoundingClientRect().height) || news
    }
    return news
  }

  /** Draws, measures and corrects until nothing moves; all before the browser paints. */
  async function settle() {
    for (let pass = 0; pass < PASSES_MAX; pass++) {
      dirty = false
      heights.layout(keys.value, guess)
      draw(wanted())
      await nextTick()
      if (!scroller.value) return
      const news = measure()
      if (news) heights.layout(keys.value, guess)
      place()
      if (!news && !dirty) return
    }
  }

  function refresh(): Promise<void> {
    dirty = true
    settling ??= settle().finally(() => {
      settling = undefined
    })
    return settling
  }

  function place() {
    const element = scroller.value
    if (!element) return
    // The end is the scroller's own: it has a little room under the last row.
    const target = anchor === 'end' ? element.scrollHeight - element.clientHeight : wanted()
    if (Math.abs(element.scrollTop - target) >= 1) element.scrollTop = target
    set_to = element.scrollTop
    at_end.value = anchor === 'end'
  }

  /** The reader scrolled (or we did: then nothing is to be learnt from it). */
  function scrolled() {
    const element = scroller.value
    if (!element || Math.abs(element.scrollTop - set_to) < 1) return
    set_to = element.scrollTop
    const distance = element.scrollHeight - element.clientHeight - element.scrollTop
    if (distance <= END_PX) anchor = 'end'
    else {
      const index = heights.at(element.scrollTop)
      anchor = { key: heights.keyAt(index) ?? '', offset: heights.top(index) - element.scrollTop }
    }
    at_end.value = anchor === 'end'
    draw(element.scrollTop)
    void nextTick().then(() => {
      if (measure()) void refresh()
    })
  }

  function toEnd(): Promise<void> {
    anchor = 'end'
    return refresh()
  }

  /** Brings a row into view, a third from the top. */
  function toKey(key: string): Promise<void> {
    anchor = { key, offset: (scroller.value?.clientHeight ?? 0) / 3 }
    return refresh()
  }

  let observer: ResizeObserver | undefined
  onMounted(() => {
    observer = new ResizeObserver((entries) => {
      const element = scroller.value
      if (element && element.clientWidth !== width) {
        width = element.clientWidth
        heights.forgetAll()
        void refresh()
        return
      }
      let news = false
      for (const { target } of entries) {
        if (target === element) news = true
        else if (!target.isConnected) observer?.unobserve(target)
        else if (target instanceof HTMLElement && target.dataset.key !== undefined)
          news = heights.measure(target.dataset.key, target.getBoundingClientRect().height) || news
      }
      if (news) void refresh()
    })
    if (scroller.value) observer.observe(scroller.value)
    width = scroller.value?.clientWidth ?? 0
    void refresh()
  })
  onBeforeUnmount(() => observer?.disconnect())
  watch(keys, () => void refresh(), { flush: 'sync' })

  return { range, at_end, top_index, scrolled, toEnd, toKey, refresh }
}
