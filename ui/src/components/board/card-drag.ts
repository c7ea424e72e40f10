import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import { setCustomNativeDragPreview } from '@atlaskit/pragmatic-drag-and-drop/element/set-custom-native-drag-preview'
import { type Ref, watchEffect } from 'vue'
import { copyOf } from './card-copy.ts'
import { followEdges } from './edge-scroll.ts'
import { longPressDrag } from './long-press.ts'

/**
 * Cards move from place to place, e.g. from status to status: by the drag of the browser for a mouse, which scrolls, cancels
 * and announces as on every other page, and by a long press for a finger, which browsers drag differently or not at all.
 */
export interface CardDrag<P extends string> {
  started(): void
  /** Undefined outside of all places. */
  over(place: P | undefined): void
  dropped(place: P | undefined): void
}

type Element = Readonly<Ref<HTMLElement | null | undefined>>

/** Attribute of a column: a finger finds its place by the element below. */
const PLACE = 'data-place'

/** Room around the picture under the pointer for its shadow and its turn, as in the style sheet. */
const PICTURE_MARGIN_PX = 12

/** Registers the element of a card while `enabled`. */
export function useCardDrag<P extends string>(
  element: Element,
  places: readonly P[],
  enabled: () => boolean,
  drag: CardDrag<P>,
): void {
  const placeOf = (value: unknown) => places.find((place) => place === value)
  const placeAt = (x: number, y: number) =>
    placeOf(document.elementFromPoint(x, y)?.closest(`[${PLACE}]`)?.getAttribute(PLACE))
  watchEffect((onCleanup) => {
    const card = element.value
    if (!card || !enabled()) return
    let by_finger = false
    let mouse: { x: number; y: number } | undefined
    let stopScroll = () => {}
    const press = ({ pointerType }: PointerEvent) => {
      by_finger = pointerType === 'touch'
    }
    card.addEventListener('pointerdown', press)
    const stopMouse = draggable({
      element: card,
      canDrag: () => !by_finger,
      onGenerateDragPreview: ({ nativeSetDragImage, location }) =>
        setCustomNativeDragPreview({
          nativeSetDragImage,
          getOffset: () => {
            const { left, top } = card.getBoundingClientRect()
            const { clientX, clientY } = location.current.input
            return { x: clientX - left + PICTURE_MARGIN_PX, y: clientY - top + PICTURE_MARGIN_PX }
          },
          render: ({ container }) => container.append(copyOf(card, 'is-drag')),
        }),
      onDragStart: () => {
        mouse = undefined
        stopScroll = followEdges(() => mouse)
        drag.started()
      },
      onDrag: ({ location: { current } }) => {
        mouse = { x: current.input.clientX, y: current.input.clientY }
      },
      onDropTargetChange: ({ location }) => drag.over(placeOf(location.current.dropTargets[0]?.data.place)),
      onDrop: ({ location }) => {
        stopScroll()
        drag.dropped(placeOf(location.current.dropTargets[0]?.data.place))
      },
    })
    const stopFinger = longPressDrag(card, {
      started: drag.started,
      over: (x, y) => drag.over(placeAt(x, y)),
      dropped: (x, y) => drag.dropped(placeAt(x, y)),
      cancelled: () => drag.dropped(undefined),
    })
    onCleanup(() => {
      card.removeEventListener('pointerdown', press)
      stopMouse()
      stopScroll()
      stopFinger()
    })
  })
}

/** Registers a column as a place to drop. */
export function usePlaceDrop(column: Element, place: string): void {
  watchEffect((onCleanup) => {
    if (!column.value) return
    column.value.setAttribute(PLACE, place)
    onCleanup(dropTargetForElements({ element: column.value, getData: () => ({ place }) }))
  })
}
