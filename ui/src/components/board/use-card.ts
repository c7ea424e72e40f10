import { computed, type Ref } from 'vue'
import { BACKWARD, FORWARD } from '../../composables/direction.ts'
import { useCardDrag } from './card-drag.ts'
import type { Hand } from './use-hand.ts'

interface Card<T> {
  item: () => T
  /** Moves neither by drag nor by keys. */
  fixed: () => boolean
  /** One column at a time: nothing to drag to. */
  phone: () => boolean
  open: () => void
}

/** A card in the hand: its drag, and the keys of its grip. Space lifts and drops, arrows carry, Escape and Tab let go, Enter opens. */
export function useCard<T extends { id: string }, P extends string>(
  hand: Hand<T, P>,
  element: Readonly<Ref<HTMLElement | undefined>>,
  { item, fixed, phone, open }: Card<T>,
) {
  const held = computed(() => hand.held_by.has(item().id))
  const lifted = computed(() => hand.held_by.get(item().id) === 'keyboard')

  useCardDrag(element, hand.kind.places, () => !fixed() && !phone(), {
    started: () => hand.hold(item(), 'pointer'),
    over: hand.over,
    dropped: (place) => {
      hand.over(place)
      void hand.drop()
    },
  })

  const LIFTED: Record<string, () => unknown> = {
    ' ': hand.drop,
    Enter: hand.drop,
    Escape: hand.cancel,
    ArrowRight: () => hand.step(FORWARD),
    ArrowLeft: () => hand.step(BACKWARD),
  }
  const AT_REST: Record<string, () => unknown> = {
    ' ': () => fixed() || hand.hold(item(), 'keyboard'),
    Enter: open,
  }
  function press(event: KeyboardEvent) {
    if (!(event.target instanceof Element) || !event.target.matches('.grip')) return
    if (lifted.value && event.key === 'Tab') return hand.cancel()
    const act = (lifted.value ? LIFTED : AT_REST)[event.key]
    if (!act) return
    void act()
    event.preventDefault()
    event.stopPropagation()
  }

  return { held, lifted, press }
}
