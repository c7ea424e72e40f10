import { newId } from '@contracts/ids.ts'
import type { EvidenceCreate } from '@contracts/requests.ts'
import type { Task } from '@contracts/resources.ts'
import { TASK_STATUSES, type TaskStatus } from '@contracts/vocabulary.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { type InjectionKey, ref, shallowRef } from 'vue'
import { asFailure } from '../../api/failure.ts'
import { taskApi } from '../../api/tasks.ts'
import { toastFailure } from '../../composables/toast.ts'
import { t } from '../../i18n/index.ts'
import { taskUpdates } from '../../realtime/apply-event.ts'
import { writeUpdates } from '../../realtime/cache-update.ts'
import { isolate } from '../base/isolate.ts'
import { useHand } from '../board/use-hand.ts'
import { compareTasks, missingEvidence, refusal } from './task-rules.ts'
import { STATUS_WORDS } from './task-words.ts'

/** State of the board of tasks: the hand, the task that waits for evidence, and the task whose sheet is open on a phone. */
export function useBoard(slug: () => string) {
  const client = useQueryClient()
  const asking = shallowRef<Task>()
  const choosing_id = ref('')
  const hand = useHand<Task, TaskStatus>({
    places: TASK_STATUSES,
    steps: TASK_STATUSES,
    words: STATUS_WORDS,
    noun: 'task',
    placeOf: ({ status }) => status,
    nameOf: ({ title }) => title,
    compare: compareTasks,
    refusal,
    send,
    refuse: ({ title }, why) =>
      toastFailure(
        t('tasks.move.failed', { title: isolate(title) }),
        typeof why === 'string' ? new Error(why) : why,
      ),
  })

  /** Moves a task, or opens the dialog for the missing evidence. */
  async function send(task: Task, to: TaskStatus): Promise<void> {
    if (asksFor(task, to)) {
      asking.value = task
      return
    }
    try {
      await transition(task, to, [], newId())
    } catch (error) {
      if (asFailure(error).code !== 'EVIDENCE_REQUIRED') throw error
      asking.value = task
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
    const body = { to_status, evidence, ...(comment === '' ? {} : { comment }) }
    const moved = await taskApi.transition(slug(), task.id, body, key)
    writeUpdates(client, slug(), taskUpdates(moved))
    hand.arrived(moved)
    return moved
  }

  return { ...hand, asking, choosing_id, asksFor, transition }
}

export type Board = ReturnType<typeof useBoard>
export const boardKey: InjectionKey<Board> = Symbol('board')
