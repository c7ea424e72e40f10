import { type Ref, watchEffect } from 'vue'

/** Distance from the edge of a scroller at which it scrolls, and its speed at the very edge. */
const EDGE_PX = 48
const EDGE_PX_PER_FRAME = 14

const scrollers = new Set<HTMLElement>()

/** Scrolls an element while a card is near its edge. */
export function useEdgeScroll(scroller: Readonly<Ref<HTMLElement | undefined>>): void {
  watchEffect((onCleanup) => {
    const element = scroller.value
    if (!element) return
    scrollers.add(element)
    onCleanup(() => scrollers.delete(element))
  })
}

/**
 * Scrolls at the edges around a point, at each frame until it ends. Boxes of the scrollers are compared with the point: a
 * search for the element at the point goes through all cards.
 */
export function followEdges(point: () => { x: number; y: number } | undefined): () => void {
  let frame = requestAnimationFrame(follow)
  function follow() {
    const at = point()
    if (at) for (const element of scrollers) scrollAt(element, at)
    frame = requestAnimationFrame(follow)
  }
  return () => cancelAnimationFrame(frame)
}

function scrollAt(element: HTMLElement, { x, y }: { x: number; y: number }): void {
  const { left, right, top, bottom } = element.getBoundingClientRect()
  if (x < left || x > right || y < top || y > bottom) return
  const [across, down] = [speed(x, left, right), speed(y, top, bottom)]
  if (across !== 0 || down !== 0) element.scrollBy(across, down)
}

function speed(at: number, from: number, to: number): number {
  const near = (distance: number) => Math.max(0, 1 - distance / EDGE_PX) * EDGE_PX_PER_FRAME
  return near(to - at) - near(at - from)
}
