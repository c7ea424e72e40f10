import type { Task } from '@contracts/resources.ts'
import type { Priority, TaskStatus } from '@contracts/vocabulary.ts'
import { t } from '../../i18n/index.ts'
import { missingEvidence, openBlockers, refusal } from './task-rules.ts'

/** A change of one row of the table, or of all that are selected. */
export type Change =
  | { to: 'status'; value: TaskStatus }
  | { to: 'priority'; value: Priority }
  | { to: 'assign' | 'unassign'; value: string }

/** A task that a change left as it was, and why. */
export interface Refused {
  change: Change
  reason: string
  /** Evidence is what is missing: a dialog asks for it. */
  evidence?: boolean
}

/** Whether a task is what a change would make it. */
export function isDone(task: Task, { to, value }: Change): boolean {
  switch (to) {
    case 'status':
      return task.status === value
    case 'priority':
      return task.priority === value
    case 'assign':
      return task.assignee_ids.includes(value)
    case 'unassign':
      return !task.assignee_ids.includes(value)
  }
}

/** Why a change is refused before the server is asked; undefined if it is not. */
export function refusedBefore(task: Task, change: Change): Refused | undefined {
  if (task.archived_at !== null) return { change, reason: t('tasks.rules.archived') }
  if (change.to !== 'status') return undefined
  const reason = refusal(task, change.value)
  if (reason !== undefined) return { change, reason }
  const missing = missingEvidence(task)
  if (change.value !== 'complete' || missing.length === 0) return undefined
  return {
    change,
    reason: t('tasks.rules.evidence_missing', {
      evidence: missing.map((type) => t(`tasks.evidence_within.${type}`)).join(', '),
    }),
    evidence: true,
  }
}

/** The assignees of a task after a change. */
export function assigneesAfter({ assignee_ids }: Task, change: Change): string[] {
  const others = assignee_ids.filter((id) => id !== change.value)
  return change.to === 'assign' ? [...others, change.value] : others
}

/** The tasks that none of the others blocks: they go first, so that their completion frees the rest. All of them in a deadlock. */
export function firstOf(tasks: readonly Task[]): Task[] {
  const ids = new Set(tasks.map(({ id }) => id))
  const free = tasks.filter((task) => !openBlockers(task).some(({ id }) => ids.has(id)))
  return free.length > 0 ? free : [...tasks]
}

/** The rows between two rows, both included; of the second alone if the first is not there. */
export function rangeOf(rows: readonly Task[], from_id: string, to_id: string): string[] {
  const from = rows.findIndex(({ id }) => id === from_id)
  const to = rows.findIndex(({ id }) => id === to_id)
  if (from < 0) return [to_id]
  return rows.slice(Math.min(from, to), Math.max(from, to) + 1).map(({ id }) => id)
}
