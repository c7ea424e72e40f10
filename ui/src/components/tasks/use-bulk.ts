import { newId } from '@contracts/ids.ts'
import type { Task } from '@contracts/resources.ts'
import { useQueryClient } from '@tanstack/vue-query'
import { promiseTimeout } from '@vueuse/core'
import { ref, shallowRef } from 'vue'
import { asFailure } from '../../api/failure.ts'
import { taskApi } from '../../api/tasks.ts'
import { t } from '../../i18n/index.ts'
import { taskUpdates } from '../../realtime/apply-event.ts'
import { writeUpdates } from '../../realtime/cache-update.ts'
import { assigneesAfter, type Change, firstOf, isDone, type Refused, refusedBefore } from './bulk.ts'

/** Over HTTP/1.1 a browser has six connections to a host: what the user does meanwhile must find a free one. */
const AT_ONCE = 3
/** Waits for the rate limit of the server before a row counts as refused. */
const WAITS_MAX = 10

/** Changes of rows, one request each; what is refused is kept by row, with its reason, until it is done or dismissed. */
export function useBulk(slug: () => string, taskOf: (id: string) => Task | undefined) {
  const client = useQueryClient()
  const refused = shallowRef<ReadonlyMap<string, Refused>>(new Map())
  const busy = shallowRef<ReadonlySet<string>>(new Set())
  /** Rows done and to do of the run under way. */
  const progress = ref<{ done: number; total: number }>()
  const announcement = ref('')

  function keep(id: string, reason: Refused | undefined) {
    const next = new Map(refused.value)
    if (reason) next.set(id, reason)
    else next.delete(id)
    refused.value = next
  }
  const mark = (id: string, is_busy: boolean) => {
    const next = new Set(busy.value)
    if (is_busy) next.add(id)
    else next.delete(id)
    busy.value = next
  }

  /** Changes one task; answers whether it is what it should be. The same key for each try: a lost answer counts once. */
  async function apply(task: Task, change: Change): Promise<boolean> {
    if (isDone(task, change)) return true
    const before = refusedBefore(task, change)
    if (before) {
      keep(task.id, before)
      return false
    }
    const key = newId()
    keep(task.id, undefined)
    mark(task.id, true)
    try {
      for (let waits = 0; ; waits++) {
        try {
          writeUpdates(client, slug(), taskUpdates(await send(task, change, key)))
          return true
        } catch (error) {
          const { code, retry_after_s } = asFailure(error)
          if (code !== 'RATE_LIMITED' || waits === WAITS_MAX) throw error
          await promiseTimeout((retry_after_s ?? 1) * 1_000)
        }
      }
    } catch (error) {
      const { code, message } = asFailure(error)
      keep(task.id, { change, reason: message, evidence: code === 'EVIDENCE_REQUIRED' })
      return false
    } finally {
      mark(task.id, false)
    }
  }

  function send({ id, version, ...task }: Task, change: Change, key: string): Promise<Task> {
    switch (change.to) {
      case 'status':
        return taskApi.transition(slug(), id, { to_status: change.value }, key)
      case 'priority':
        return taskApi.update(slug(), id, { priority: change.value })
      default:
        // The whole list of assignees is written: only on the version that it was made from.
        return taskApi.update(
          slug(),
          id,
          { assignee_ids: assigneesAfter({ id, version, ...task }, change) },
          version,
        )
    }
  }

  /** Changes many rows, a few at a time, each in its newest version, blockers before those that they block. */
  async function run(changes: ReadonlyMap<string, Change>): Promise<void> {
    const counts = { done: 0, failed: 0 }
    const left = new Map(changes)
    progress.value = { done: 0, total: changes.size }
    while (left.size > 0) {
      const waiting = firstOf([...left.keys()].flatMap((id) => taskOf(id) ?? []))
      // What left the filter meanwhile stays as it is.
      if (waiting.length === 0) break
      const work = async () => {
        for (let task = waiting.shift(); task; task = waiting.shift()) {
          const to = left.get(task.id)
          left.delete(task.id)
          if (to && (await apply(task, to))) counts.done++
          else counts.failed++
          progress.value = { done: counts.done + counts.failed, total: changes.size }
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, work))
    }
    progress.value = undefined
    announcement.value =
      counts.failed === 0
        ? t('tasks.bulk.changed', { done: counts.done })
        : t('tasks.bulk.changed_refused', counts)
  }

  const runAll = (ids: readonly string[], to: Change) => run(new Map(ids.map((id) => [id, to])))
  const retry = () => run(new Map([...refused.value].map(([id, one]) => [id, one.change])))
  function dismiss(id?: string) {
    if (id === undefined) refused.value = new Map()
    else keep(id, undefined)
  }

  /** One row, by its own button: a refusal is said, since the row may be far from the reader. */
  async function change(task: Task, to: Change): Promise<void> {
    await apply(task, to)
    announcement.value = refused.value.get(task.id)?.reason ?? ''
  }

  return { refused, busy, progress, announcement, change, runAll, retry, dismiss }
}
export type Bulk = ReturnType<typeof useBulk>
