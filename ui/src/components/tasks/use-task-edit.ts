import { newId } from '@contracts/ids.ts'
import type { EvidenceCreate, TaskPatch } from '@contracts/requests.ts'
import type { Task } from '@contracts/resources.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { type InjectionKey, ref } from 'vue'
import { ApiFailure, asFailure } from '../../api/failure.ts'
import { taskApi } from '../../api/tasks.ts'
import { toastFailure } from '../../composables/toast.ts'
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

  async function attempt(what: string, run: (task: Task) => Promise<Task>) {
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
  }
  /** The answer names the part that changed; the event, which may be there already, carries the whole task. */
  async function changedNow(id: string, change: (now: Task) => Partial<Task>): Promise<Task> {
    const now = task()
    return now?.id === id ? { ...now, ...change(now) } : await taskApi.task(slug(), id)
  }

  const patch = (body: TaskPatch) =>
    attempt('Not saved', ({ id, version }) => taskApi.update(slug(), id, body, version))
  async function saveText(id: string, body: TaskPatch, version: number) {
    apply(await taskApi.update(slug(), id, body, version))
  }

  const addEvidence = (body: EvidenceCreate) =>
    attempt('Not added', async ({ id }) => {
      const added = await taskApi.addEvidence(slug(), id, body, newId())
      return changedNow(id, (now) => ({
        evidence: [...now.evidence.filter((one) => one.id !== added.id), added],
      }))
    })
  const removeEvidence = (evidence_id: string) =>
    attempt('Not removed', async ({ id }) => {
      await taskApi.removeEvidence(slug(), id, evidence_id)
      return changedNow(id, (now) => ({ evidence: now.evidence.filter((one) => one.id !== evidence_id) }))
    })
  const link = (blocked_by_id: string) =>
    attempt('Not linked', async ({ id }) => {
      try {
        return await taskApi.link(slug(), id, blocked_by_id)
      } catch (failure) {
        throw named(asFailure(failure))
      }
    })
  const unlink = (blocked_by_id: string) =>
    attempt('Not removed', async ({ id }) => {
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
    const titles = cycle.map((id) => `“${isolate(titleOf(String(id)))}”`).join(' → ')
    return new ApiFailure(failure.code, `${failure.message} ${titles}`, { status: failure.status })
  }

  return { refused, patch, saveText, addEvidence, removeEvidence, link, unlink }
}

export type TaskEdit = ReturnType<typeof useTaskEdit>
export const taskEditKey: InjectionKey<TaskEdit> = Symbol('task edit')

/** The chosen value of a select that returns to its first line. */
export function taken({ target }: Event): string {
  if (!(target instanceof HTMLSelectElement)) return ''
  const { value } = target
  target.value = ''
  return value
}

/** A list of ids with this one added, or removed if it was there. */
export function toggled(ids: readonly string[], id: string): string[] {
  return ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id]
}
