import { type Ref, shallowRef, watch } from 'vue'

/**
 * Powers of two: one lies between any share and half of it. So a row that is taller than the view is reported before it
 * has filled the view, up to 512 views.
 */
const THRESHOLDS = [0, ...Array.from({ length: 10 }, (_, at) => 1 / 2 ** at)]

/**
 * The seqs of the messages that are really in view, ascending: half of the row is visible, or it fills half of the view.
 * Rows carry `data-seq`. The observer reports after layout, so nothing is measured here.
 */
export function useRowsInView(scroller: Ref<HTMLElement | undefined>) {
  const in_view = shallowRef<readonly number[]>([])
  const rows = new Set<Element>()
  let observer: IntersectionObserver | undefined
  let frame: number | undefined

  function update() {
    const seqs: number[] = []
    for (const row of rows) {
      const seq = row.isConnected && row instanceof HTMLElement ? Number(row.dataset.seq) : Number.NaN
      if (Number.isSafeInteger(seq)) seqs.push(seq)
    }
    seqs.sort((a, b) => a - b)
    if (String(seqs) !== String(in_view.value)) in_view.value = seqs
  }

  watch(
    scroller,
    (root, _, onCleanup) => {
      if (!root) return
      observer = new IntersectionObserver(
        (entries) => {
          for (const entry of entries) {
            if (isInView(entry)) rows.add(entry.target)
            else rows.delete(entry.target)
            if (!entry.target.isConnected) observer?.unobserve(entry.target)
          }
          // With the rows of the next frame: the counts beside the log would otherwise cost a layout of their own.
          frame ??= requestAnimationFrame(() => {
            frame = undefined
            update()
          })
        },
        { root, threshold: THRESHOLDS },
      )
      for (const row of root.querySelectorAll('[data-seq]')) observer.observe(row)
      onCleanup(() => {
        observer?.disconnect()
        if (frame !== undefined) cancelAnimationFrame(frame)
        frame = undefined
        rows.clear()
      })
    },
    { immediate: true, flush: 'post' },
  )

  /** Call for each mounted row, with or without a seq: a pending row gets one when its message is stored. */
  function observe(row: unknown) {
    if (row instanceof HTMLElement) observer?.observe(row)
  }

  return { in_view, observe, update }
}

function isInView({
  isIntersecting,
  intersectionRatio,
  intersectionRect,
  rootBounds,
}: IntersectionObserverEntry) {
  if (!isIntersecting) return false
  return (
    intersectionRatio >= 0.5 ||
    intersectionRect.height >= (rootBounds?.height ?? Number.POSITIVE_INFINITY) / 2
  )
}
