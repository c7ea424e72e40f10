import { useEventListener } from '@vueuse/core'
import { copyOf } from './card-copy.ts'
import { followEdges } from './edge-scroll.ts'

/** Shorter than the press that opens the menu of the browser, longer than the start of a scroll. */
const PRESS_MS = 350
/** A finger that moves further before that scrolls. */
const SLOP_PX = 10

export interface LongPress {
  started(): void
  over(x: number, y: number): void
  dropped(x: number, y: number): void
  cancelled(): void
}

/** Lifts a card under a finger that rests on it. Ends with the returned function. */
export function longPressDrag(card: HTMLElement, drag: LongPress): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let start = { x: 0, y: 0 }
  let finger = start
  /** The picture under the finger: the card is lifted. */
  let picture: HTMLElement | undefined
  let frame = 0
  let stopScroll = () => {}

  function lift() {
    const { left, top } = card.getBoundingClientRect()
    picture = copyOf(card, 'is-drag')
    Object.assign(picture.style, { left: `${left}px`, top: `${top}px` })
    document.body.append(picture)
    drag.started()
    stopScroll = followEdges(() => finger)
    follow()
  }
  /** Each frame: columns move on below a finger that rests at an edge. */
  function follow() {
    if (!picture) return
    picture.style.translate = `${finger.x - start.x}px ${finger.y - start.y}px`
    drag.over(finger.x, finger.y)
    frame = requestAnimationFrame(follow)
  }
  function end(): boolean {
    clearTimeout(timer)
    cancelAnimationFrame(frame)
    stopScroll()
    const was_lifted = picture !== undefined
    picture?.remove()
    picture = undefined
    return was_lifted
  }

  const stops = [
    useEventListener(
      card,
      'touchstart',
      ({ touches: [touch, second] }) => {
        const was_lifted = end()
        if (was_lifted) drag.cancelled()
        if (!touch || second) return
        start = finger = { x: touch.clientX, y: touch.clientY }
        timer = setTimeout(lift, PRESS_MS)
      },
      { passive: true },
    ),
    useEventListener(
      card,
      'touchmove',
      (event) => {
        const [touch] = event.touches
        if (!touch) return
        finger = { x: touch.clientX, y: touch.clientY }
        if (picture) event.preventDefault()
        else if (Math.hypot(finger.x - start.x, finger.y - start.y) > SLOP_PX) clearTimeout(timer)
      },
      { passive: false },
    ),
    useEventListener(card, 'touchend', (event) => {
      if (!end()) return
      // No click follows.
      event.preventDefault()
      drag.dropped(finger.x, finger.y)
    }),
    useEventListener(card, 'touchcancel', () => {
      if (end()) drag.cancelled()
    }),
    useEventListener(card, 'contextmenu', (event) => {
      if (picture) event.preventDefault()
    }),
  ]
  return () => {
    for (const stop of stops) stop()
    if (end()) drag.cancelled()
  }
}
