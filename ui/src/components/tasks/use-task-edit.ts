import { newId } from '@contracts/ids.ts'
import type { EvidenceCreate, TaskPatch } from '@contracts/requests.ts'
import type { Task } from '@contracts/resources.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { type InjectionKey, ref } from 'vue'
import { ApiFailure, asFailure } from '../../api/failure.ts'
import { taskApi } from '../../api/tasks.ts'
import { FORWARD } from '../../composables/direction.ts'
import { toastFailure } from '../../composables/toast.ts'
import { t } from '../../i18n/index.ts'
import { taskUpdates } from '../../realtime/apply-event.ts'
import { writeUpdates } from '../../realtime/cache-update.ts'
import { isolate } from '../base/isolate.ts'

/** Changes of one task. An answer goes into the cache by the rule of events; a failure is a toast. */
export function useTaskEdit(
  slug: () => string,
  task: () => Task | undefined,
  titleOf: (id: string) => string,
) {
  const client = useQueryClient()
  /** Counts failures: fields that show a refused value are drawn again. */
  const refused = ref(0)
  const apply = (changed: Task) => writeUpdates(client, slug(), taskUpdates(changed))

  /** The end of the last change: the next one begins with its version. */
  let queue: Promise<unknown> = Promise.resolve()

  function attempt(what: string, run: (task: Task) => Promise<Task>): Promise<boolean> {
    const attempted = queue.then(async () => {
      const current = task()
      if (!current) return false
      try {
        apply(await run(current))
        return true
      } catch (failure) {
        refused.value++
        toastFailure(what, failure)
        return false
      }
    })
    queue = attempted
    return attempted
  }
  /** The answer names the part that changed; the event, which may be there already, carries the whole task. */
  async function changedNow(id: string, change: (now: Task) => Partial<Task>): Promise<Task> {
    const now = task()
    return now?.id === id ? { ...now, ...change(now) } : await taskApi.task(slug(), id)
  }

  /** A list is given as a change of what it is then. */
  const patch = (body: TaskPatch | ((now: Task) => TaskPatch)) =>
    attempt(t('tasks.edit.not_saved'), (now) =>
      taskApi.update(slug(), now.id, typeof body === 'function' ? body(now) : body, now.version),
    )
  async function saveText(id: string, body: TaskPatch, version: number) {
    apply(await taskApi.update(slug(), id, body, version))
  }

  const addEvidence = (body: EvidenceCreate) =>
    attempt(t('tasks.edit.not_added'), async ({ id }) => {
      const added = await taskApi.addEvidence(slug(), id, body, newId())
      return changedNow(id, (now) => ({
        evidence: [...now.evidence.filter((one) => one.id !== added.id), added],
      }))
    })
  const removeEvidence = (evidence_id: string) =>
    attempt(t('tasks.edit.not_removed'), async ({ id }) => {
      await taskApi.removeEvidence(slug(), id, evidence_id)
      return changedNow(id, (now) => ({ evidence: now.evidence.filter((one) => one.id !== evidence_id) }))
    })
  const link = (blocked_by_id: string) =>
    attempt(t('tasks.edit.not_linked'), async ({ id }) => {
      try {
        return await taskApi.link(slug(), id, blocked_by_id)
      } catch (failure) {
        throw named(asFailure(failure))
      }
    })
  const unlink = (blocked_by_id: string) =>
    attempt(t('tasks.edit.not_removed'), async ({ id }) => {
      await taskApi.unlink(slug(), id, blocked_by_id)
      return changedNow(id, (now) => {
        const blocked_by = now.blocked_by.filter((one) => one.id !== blocked_by_id)
        return { blocked_by, is_blocked: blocked_by.some(({ status }) => status !== 'complete') }
      })
    })

  /** The refusal of a circle, with the titles of its tasks. */
  function named(failure: ApiFailure): ApiFailure {
    const { cycle }: { cycle: unknown } = Object(failure.details)
    if (failure.code !== 'CIRCULAR_DEPENDENCY' || !Array.isArray(cycle)) return failure
    const titles = cycle
      .map((id) => t('tasks.rules.quoted', { title: isolate(titleOf(String(id))) }))
      .join(FORWARD === 1 ? ' → ' : ' ← ')
    return new ApiFailure(failure.code, `${failure.message} ${titles}`, { status: failure.status })
  }

  return { refused, patch, saveText, addEvidence, removeEvidence, link, unlink }
}

export type TaskEdit = ReturnType<typeof useTaskEdit>
export const taskEditKey: InjectionKey<TaskEdit> = Symbol('task edit')

/** A list with this value added, or removed if it was there. */
export function toggled<T>(values: readonly T[], value: T): T[] {
  return values.includes(value) ? values.filter((one) => one !== value) : [...values, value]
}
