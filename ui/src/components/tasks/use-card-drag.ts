import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import { autoScrollForElements } from '@atlaskit/pragmatic-drag-and-drop-auto-scroll/element'
import type { Task } from '@contracts/resources.ts'
import { TASK_STATUSES, type TaskStatus } from '@contracts/vocabulary.ts'
import { type Ref, watchEffect } from 'vue'

/** Mouse and long press: the drag of the browser itself, so it scrolls, cancels and announces as on every other page. */

const statusOf = (value: unknown) => TASK_STATUSES.find((status) => status === value)

export interface CardDrag {
  started(task: Task): void
  over(status: TaskStatus | undefined): void
  dropped(task: Task, status: TaskStatus | undefined): void
}

/** Registers the element of a card while `enabled`. */
export function useCardDrag(
  element: Readonly<Ref<HTMLElement | null | undefined>>,
  task: () => Task,
  enabled: () => boolean,
  drag: CardDrag,
): void {
  watchEffect((onCleanup) => {
    if (!element.value || !enabled()) return
    onCleanup(
      draggable({
        element: element.value,
        onDragStart: () => drag.started(task()),
        onDropTargetChange: ({ location }) =>
          drag.over(statusOf(location.current.dropTargets[0]?.data.status)),
        onDrop: ({ location }) =>
          drag.dropped(task(), statusOf(location.current.dropTargets[0]?.data.status)),
      }),
    )
  })
}

/** Scrolls an element while a card is near its edge. */
export function useEdgeScroll(element: Readonly<Ref<HTMLElement | null | undefined>>): void {
  watchEffect((onCleanup) => {
    if (element.value) onCleanup(autoScrollForElements({ element: element.value }))
  })
}

/** Registers a column as a place to drop. */
export function useColumnDrop(
  column: Readonly<Ref<HTMLElement | null | undefined>>,
  status: TaskStatus,
): void {
  watchEffect((onCleanup) => {
    if (column.value) onCleanup(dropTargetForElements({ element: column.value, getData: () => ({ status }) }))
  })
}
