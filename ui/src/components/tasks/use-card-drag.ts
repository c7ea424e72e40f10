import { combine } from '@atlaskit/pragmatic-drag-and-drop/combine'
import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import { autoScrollForElements } from '@atlaskit/pragmatic-drag-and-drop-auto-scroll/element'
import type { Task } from '@contracts/resources.ts'
import { TASK_STATUSES, type TaskStatus } from '@contracts/vocabulary.ts'
import { onScopeDispose, type Ref, watchEffect } from 'vue'

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

/** Registers a column as a place to drop; its list scrolls when the card comes near an edge. */
export function useColumnDrop(
  column: Readonly<Ref<HTMLElement | null | undefined>>,
  list: Readonly<Ref<HTMLElement | null | undefined>>,
  status: TaskStatus,
): void {
  let release = () => {}
  watchEffect(() => {
    release()
    if (!column.value || !list.value) return
    release = combine(
      dropTargetForElements({ element: column.value, getData: () => ({ status }) }),
      autoScrollForElements({ element: list.value }),
    )
  })
  onScopeDispose(() => release())
}
