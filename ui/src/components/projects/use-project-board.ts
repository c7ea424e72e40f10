import { newId } from '@contracts/ids.ts'
import type { Project } from '@contracts/resources.ts'
import { PROJECT_STAGES, type ProjectStage } from '@contracts/vocabulary.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { type InjectionKey, ref, shallowReactive } from 'vue'
import { asFailure } from '../../api/failure.ts'
import { projectApi } from '../../api/projects.ts'
import { projectUpdates } from '../../realtime/apply-event.ts'
import { writeUpdates } from '../../realtime/cache-update.ts'
import { type Held, useHand } from '../board/use-hand.ts'
import { compareProjects, refusal } from './project-rules.ts'
import { LIVE_STAGES, STAGE_WORDS } from './project-words.ts'

/** State of the board of projects: the hand, the refusals that cards wear, and the project that the dialog moves. */
export function useProjectBoard(slug: () => string) {
  const client = useQueryClient()
  /** Reasons by the id of the card. */
  const refused = shallowReactive(new Map<string, string>())
  const asking = ref('')
  const hand = useHand<Project, ProjectStage>({
    places: PROJECT_STAGES,
    steps: LIVE_STAGES,
    words: STAGE_WORDS,
    noun: 'project',
    placeOf: ({ stage }) => stage,
    nameOf: ({ name }) => name,
    compare: compareProjects,
    refusal,
    send: (project, to) => transition(project, to, '', newId()),
    refuse: ({ id }, why) => refused.set(id, typeof why === 'string' ? why : asFailure(why).message),
  })

  function hold(project: Project, by: Held<Project, ProjectStage>['by']) {
    forgive(project.id)
    hand.hold(project, by)
  }

  async function transition(project: Project, to_stage: ProjectStage, comment: string, key: string) {
    const body = { to_stage, ...(comment === '' ? {} : { comment }) }
    const moved = await projectApi.transition(slug(), project.id, body, key)
    forgive(project.id)
    writeUpdates(client, slug(), projectUpdates(moved))
    hand.arrived(moved)
  }

  /** Takes the refusal off a card. */
  const forgive = (id: string) => refused.delete(id)
  /** Opens the dialog that asks for stage and comment. */
  function ask(id: string) {
    forgive(id)
    asking.value = id
  }

  return { ...hand, hold, refused, asking, transition, forgive, ask }
}

export type ProjectBoard = ReturnType<typeof useProjectBoard>
export const projectBoardKey: InjectionKey<ProjectBoard> = Symbol('project board')
