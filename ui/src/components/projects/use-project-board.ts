import { newId } from '@contracts/ids.ts'
import type { Project } from '@contracts/resources.ts'
import type { ProjectStage } from '@contracts/vocabulary.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { computed, type InjectionKey, ref, shallowRef } from 'vue'
import { asFailure } from '../../api/failure.ts'
import { projectApi } from '../../api/projects.ts'
import { projectUpdates } from '../../realtime/apply-event.ts'
import { writeUpdates } from '../../realtime/cache-update.ts'
import { isolate } from '../base/isolate.ts'
import { refusal } from './project-rules.ts'
import { LIVE_STAGES, STAGE_WORDS } from './project-words.ts'

/** A card in the hand, by pointer or by keyboard. */
interface Held {
  project: Project
  over: ProjectStage
  by: 'pointer' | 'keyboard'
}

/**
 * State of the board: the card in the hand, moves under way, the refusals that cards wear, the project that the dialog
 * moves. A card moves when the server answers; a refusal leaves it in its column and says why.
 */
export function useProjectBoard(slug: () => string) {
  const client = useQueryClient()
  const held = shallowRef<Held>()
  /** The last card that a pointer put down: it is in its new column already. */
  const put_down = ref('')
  const moving = ref(new Set<string>())
  const refused = ref(new Map<string, string>())
  const asking = ref('')
  const announcement = ref('')
  const why_not = computed(() => {
    const hand = held.value
    return hand && hand.over !== hand.project.stage ? refusal(hand.project, hand.over) : undefined
  })

  function hold(project: Project, by: Held['by']) {
    forgive(project.id)
    held.value = { project, over: project.stage, by }
    if (by === 'keyboard')
      announcement.value = `${isolate(project.name)} lifted from ${STAGE_WORDS[project.stage]}. Left and right arrow keys choose a stage, space drops, escape cancels.`
  }

  /** The column under the card; undefined outside of all columns. */
  function over(stage: ProjectStage | undefined) {
    const hand = held.value
    if (!hand || (stage ?? hand.project.stage) === hand.over) return
    held.value = { ...hand, over: stage ?? hand.project.stage }
    announcement.value = `${STAGE_WORDS[held.value.over]}. ${why_not.value ?? ''}`
  }

  function step(by: 1 | -1) {
    const hand = held.value
    const next = hand && LIVE_STAGES[LIVE_STAGES.indexOf(hand.over) + by]
    if (next) over(next)
  }

  function cancel() {
    if (held.value?.by === 'keyboard') announcement.value = 'Move cancelled.'
    held.value = undefined
  }

  function drop(): Promise<void> {
    const hand = held.value
    put_down.value = hand?.by === 'pointer' ? hand.project.id : ''
    held.value = undefined
    if (!hand) return Promise.resolve()
    if (hand.over !== hand.project.stage) return move(hand.project, hand.over)
    announcement.value = `Dropped in ${STAGE_WORDS[hand.over]}, where it was.`
    return Promise.resolve()
  }

  async function move(project: Project, to: ProjectStage): Promise<void> {
    const reason = refusal(project, to)
    if (reason !== undefined) return refuse(project, reason)
    moving.value = new Set([...moving.value, project.id])
    try {
      await transition(project, to, '', newId())
    } catch (error) {
      refuse(project, asFailure(error).message)
    } finally {
      moving.value = new Set([...moving.value].filter((id) => id !== project.id))
    }
  }

  async function transition(project: Project, to_stage: ProjectStage, comment: string, key: string) {
    const body = { to_stage, ...(comment === '' ? {} : { comment }) }
    const moved = await projectApi.transition(slug(), project.id, body, key)
    forgive(project.id)
    writeUpdates(client, slug(), projectUpdates(moved))
    announcement.value = `${isolate(project.name)} is in ${STAGE_WORDS[moved.stage]} now.`
  }

  function refuse({ id }: Project, reason: string) {
    refused.value = new Map(refused.value).set(id, reason)
  }
  /** Takes the refusal off a card. */
  function forgive(id: string) {
    refused.value = new Map([...refused.value].filter(([other]) => other !== id))
  }
  /** Opens the dialog that asks for stage and comment. */
  function ask(id: string) {
    forgive(id)
    asking.value = id
  }

  return {
    held,
    put_down,
    moving,
    refused,
    asking,
    announcement,
    why_not,
    hold,
    over,
    step,
    cancel,
    drop,
    move,
    transition,
    forgive,
    ask,
  }
}

export type ProjectBoard = ReturnType<typeof useProjectBoard>
export const projectBoardKey: InjectionKey<ProjectBoard> = Symbol('project board')
