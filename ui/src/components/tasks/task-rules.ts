import type { Task } from '@contracts/resources.ts'
import { type EvidenceType, PRIORITIES, TASK_STATUSES, type TaskStatus } from '@contracts/vocabulary.ts'
import { t } from '../../i18n/index.ts'

/** Order inside a column: highest priority first, then oldest. */
export function compareTasks(a: Task, b: Task): number {
  return (
    PRIORITIES.indexOf(b.priority) - PRIORITIES.indexOf(a.priority) ||
    (a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : a.id < b.id ? -1 : 1)
  )
}

export function openBlockers({ blocked_by }: Task) {
  return blocked_by.filter(({ status }) => status !== 'complete')
}

export function missingEvidence({ required_evidence_types, evidence }: Task): EvidenceType[] {
  return required_evidence_types.filter((type) => !evidence.some((given) => given.type === type))
}

/** Number of required types that have evidence. */
export function evidenceGiven(task: Task): number {
  return task.required_evidence_types.length - missingEvidence(task).length
}

/** The status that follows; a complete task goes back to work. */
export function nextStatus(status: TaskStatus): TaskStatus {
  return TASK_STATUSES[TASK_STATUSES.indexOf(status) + 1] ?? 'in-progress'
}

/** What still keeps a task from being complete: missing evidence and open blockers. */
export function openConditions(task: Task): number {
  return missingEvidence(task).length + openBlockers(task).length
}

/** Why a task may not go to a status; undefined if it may. Missing evidence is no refusal: a dialog asks for it. */
export function refusal(task: Task, to: TaskStatus): string | undefined {
  if (task.status === to) return undefined
  if (task.status === 'complete' && to !== 'in-progress') return t('tasks.rules.complete_goes_back')
  const blockers = openBlockers(task)
  if (to === 'complete' && blockers.length > 0)
    return t('tasks.rules.blocked_by', {
      tasks: blockers.map(({ title }) => t('tasks.rules.quoted', { title })).join(', '),
    })
  return undefined
}
