import { nextTick, watch } from 'vue'
import { copyOf } from './card-copy.ts'

/** More cards than this in one update: the page was away, and shows the result at once. */
const FLIGHTS_MAX = 12

/** A card that changes its column flies there: its columns cut what leaves them, so a picture of the card flies above the page. */
export function useFlight(
  places: () => ReadonlyMap<string, string>,
  /** A card that a hand put down is there already. */
  flies: (id: string) => boolean = () => true,
): void {
  watch(places, async (now, before) => {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return
    const moved = [...now].filter(([id, place]) => before.has(id) && before.get(id) !== place && flies(id))
    if (moved.length > FLIGHTS_MAX) return
    const starts = moved.flatMap(([id]) => {
      const card = cardOf(id)
      return card ? [{ id, from: card.getBoundingClientRect() }] : []
    })
    await nextTick()
    for (const { id, from } of starts) {
      const card = cardOf(id)
      if (card && from.width > 0) fly(card, from)
    }
  })
}

const cardOf = (id: string) => document.getElementById(`card-${id}`)

function fly(card: HTMLElement, from: DOMRect): void {
  const style = getComputedStyle(card)
  const timing = {
    duration: Number.parseFloat(style.getPropertyValue('--motion-move')),
    easing: style.getPropertyValue('--ease-out').trim(),
  }
  const to = card.getBoundingClientRect()
  if (to.width === 0 || Number.isNaN(timing.duration)) return
  const picture = copyOf(card, 'is-flying')
  Object.assign(picture.style, { left: `${to.left}px`, top: `${to.top}px` })
  document.body.append(picture)
  // Not hidden: the card may have the focus.
  card.animate([{ opacity: 0 }, { opacity: 0 }], timing)
  const start = `translate(${from.left - to.left}px, ${from.top - to.top}px)`
  const flight = picture.animate([{ transform: start }, { transform: 'none' }], timing)
  flight.onfinish = () => picture.remove()
  flight.oncancel = () => picture.remove()
}
