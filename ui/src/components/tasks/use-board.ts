import { newId } from '@contracts/ids.ts'
import type { EvidenceCreate } from '@contracts/requests.ts'
import type { Task } from '@contracts/resources.ts'
import { TASK_STATUSES, type TaskStatus } from '@contracts/vocabulary.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { computed, type InjectionKey, ref, shallowRef } from 'vue'
import { asFailure } from '../../api/failure.ts'
import { taskApi } from '../../api/tasks.ts'
import { toastFailure } from '../../composables/toast.ts'
import { taskUpdates } from '../../realtime/apply-event.ts'
import { writeUpdates } from '../../realtime/cache-update.ts'
import { isolate } from '../base/isolate.ts'
import { missingEvidence, refusal } from './task-rules.ts'
import { STATUS_WORDS } from './task-words.ts'

/** A card in the hand, by pointer or by keyboard. */
interface Held {
  task: Task
  over: TaskStatus
  by: 'pointer' | 'keyboard'
}

/**
 * State of the board: the card in the hand, moves under way, the task that waits for evidence. The card moves when the
 * server answers; a refusal leaves it in its column and says why.
 */
export function useBoard(slug: () => string) {
  const client = useQueryClient()
  const held = shallowRef<Held>()
  const moving = ref(new Set<string>())
  const asking = shallowRef<Task>()
  /** The last card that a pointer put down: it is in its new column already. */
  const put_down = ref('')
  const announcement = ref('')
  const why_not = computed(() => {
    const hand = held.value
    return hand && hand.over !== hand.task.status ? refusal(hand.task, hand.over) : undefined
  })

  function hold(task: Task, by: Held['by']) {
    held.value = { task, over: task.status, by }
    if (by === 'keyboard')
      announcement.value = `${isolate(task.title)} lifted from ${STATUS_WORDS[task.status]}. Left and right arrow keys choose a column, space drops, escape cancels.`
  }

  /** The column under the card; undefined outside of all columns. */
  function over(status: TaskStatus | undefined) {
    const hand = held.value
    if (hand && hand.over !== (status ?? hand.task.status))
      held.value = { ...hand, over: status ?? hand.task.status }
  }

  function step(by: 1 | -1) {
    const hand = held.value
    const next = hand && TASK_STATUSES[TASK_STATUSES.indexOf(hand.over) + by]
    if (!next) return
    over(next)
    announcement.value = `${STATUS_WORDS[next]}. ${why_not.value ?? ''}`
  }

  function cancel() {
    if (held.value?.by === 'keyboard') announcement.value = 'Move cancelled.'
    held.value = undefined
  }

  function drop(): Promise<void> {
    const hand = held.value
    put_down.value = hand?.by === 'pointer' ? hand.task.id : ''
    held.value = undefined
    if (!hand) return Promise.resolve()
    if (hand.over !== hand.task.status) return move(hand.task, hand.over)
    announcement.value = `Dropped in ${STATUS_WORDS[hand.over]}, where it was.`
    return Promise.resolve()
  }

  /** Moves a task, or opens the dialog for the missing evidence. */
  async function move(task: Task, to: TaskStatus): Promise<void> {
    const reason = refusal(task, to)
    if (reason !== undefined) return refuse(task, reason)
    if (asksFor(task, to)) {
      asking.value = task
      return
    }
    moving.value = new Set([...moving.value, task.id])
    try {
      await transition(task, to, [], newId())
    } catch (error) {
      if (asFailure(error).code === 'EVIDENCE_REQUIRED') asking.value = task
      else refuse(task, error)
    } finally {
      moving.value = new Set([...moving.value].filter((id) => id !== task.id))
    }
  }

  /** Whether a dialog asks for evidence before a task goes there. */
  function asksFor(task: Task, to: TaskStatus): boolean {
    return to === 'complete' && refusal(task, to) === undefined && missingEvidence(task).length > 0
  }

  async function transition(
    task: Task,
    to_status: TaskStatus,
    evidence: EvidenceCreate[],
    key: string,
    comment = '',
  ) {
    const moved = await taskApi.transition(
      slug(),
      task.id,
      { to_status, evidence, ...(comment === '' ? {} : { comment }) },
      key,
    )
    writeUpdates(client, slug(), taskUpdates(moved))
    announcement.value = `${isolate(task.title)} is in ${STATUS_WORDS[moved.status]} now.`
    return moved
  }

  function refuse({ title }: Task, reason: unknown) {
    toastFailure(`“${isolate(title)}” was not moved`, typeof reason === 'string' ? new Error(reason) : reason)
  }

  return {
    held,
    put_down,
    moving,
    asking,
    announcement,
    why_not,
    hold,
    over,
    step,
    cancel,
    drop,
    move,
    asksFor,
    transition,
  }
}

export type Board = ReturnType<typeof useBoard>
export const boardKey: InjectionKey<Board> = Symbol('board')
