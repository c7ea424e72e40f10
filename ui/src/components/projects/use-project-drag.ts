import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import type { Project } from '@contracts/resources.ts'
import { PROJECT_STAGES, type ProjectStage } from '@contracts/vocabulary.ts'
import { type Ref, watchEffect } from 'vue'

const stageOf = (value: unknown) => PROJECT_STAGES.find((stage) => stage === value)

export function useProjectDrag(
  element: Readonly<Ref<HTMLElement | null | undefined>>,
  project: () => Project,
  enabled: () => boolean,
  drag: {
    started(project: Project): void
    over(stage: ProjectStage | undefined): void
    dropped(stage: ProjectStage | undefined): void
  },
): void {
  watchEffect((onCleanup) => {
    if (!element.value || !enabled()) return
    onCleanup(
      draggable({
        element: element.value,
        onDragStart: () => drag.started(project()),
        onDropTargetChange: ({ location }) => drag.over(stageOf(location.current.dropTargets[0]?.data.stage)),
        onDrop: ({ location }) => drag.dropped(stageOf(location.current.dropTargets[0]?.data.stage)),
      }),
    )
  })
}

export function useStageDrop(
  column: Readonly<Ref<HTMLElement | null | undefined>>,
  stage: ProjectStage,
): void {
  watchEffect((onCleanup) => {
    if (column.value) onCleanup(dropTargetForElements({ element: column.value, getData: () => ({ stage }) }))
  })
}
