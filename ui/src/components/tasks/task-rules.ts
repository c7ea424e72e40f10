import type { Task } from '@contracts/resources.ts'
import {
  type EvidenceType,
  PRIORITIES,
  type Priority,
  TASK_STATUSES,
  TASK_TYPES,
  type TaskStatus,
  type TaskType,
} from '@contracts/vocabulary.ts'

/** Filters of the board, as the address of the page carries them. */
export interface TaskFilter {
  q: string
  project_id: string
  assigned_to: string
  priority: Priority | ''
  type: TaskType | ''
  blocked: boolean
}

export type Query = Record<string, string>

const one = (value: unknown) => (typeof value === 'string' ? value : '')

function oneOf<T extends string>(values: readonly T[], value: unknown): T | '' {
  return values.find((known) => known === value) ?? ''
}

/** The filter of an address; unknown values are no filter. */
export function filterOf(query: Readonly<Record<string, unknown>>): TaskFilter {
  return {
    q: one(query.q),
    project_id: one(query.project_id),
    assigned_to: one(query.assigned_to),
    priority: oneOf(PRIORITIES, query.priority),
    type: oneOf(TASK_TYPES, query.type),
    blocked: query.blocked === 'true',
  }
}

/** The address of a filter, without what is not filtered. */
export function queryOf(filter: TaskFilter): Query {
  const query: Query = {}
  for (const [name, value] of Object.entries(filter)) if (value) query[name] = String(value)
  return query
}

/** Beginnings of words in title or description, as the server searches. */
function contains({ title, description }: Task, q: string): boolean {
  const words = wordsOf(`${title} ${description}`)
  return wordsOf(q).every((beginning) => words.some((word) => word.startsWith(beginning)))
}

function wordsOf(text: string): string[] {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

/** Whether a task is in the filter; `me` as assignee is the reader. */
export function inFilter(task: Task, filter: TaskFilter, me_id: string): boolean {
  const assignee = filter.assigned_to === 'me' ? me_id : filter.assigned_to
  return (
    (filter.project_id === '' || task.project_ids.includes(filter.project_id)) &&
    (assignee === '' || task.assignee_ids.includes(assignee)) &&
    (filter.priority === '' || task.priority === filter.priority) &&
    (filter.type === '' || task.type === filter.type) &&
    (!filter.blocked || (task.is_blocked && task.status !== 'complete')) &&
    (filter.q === '' || contains(task, filter.q))
  )
}

/** Order inside a column: highest priority first, then oldest. */
export function compareTasks(a: Task, b: Task): number {
  return (
    PRIORITIES.indexOf(b.priority) - PRIORITIES.indexOf(a.priority) ||
    (a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : a.id < b.id ? -1 : 1)
  )
}

export function columnsOf(tasks: readonly Task[]): Record<TaskStatus, Task[]> {
  const columns: Record<TaskStatus, Task[]> = {
    backlog: [],
    'in-progress': [],
    'in-review': [],
    complete: [],
  }
  for (const task of tasks) columns[task.status].push(task)
  for (const status of TASK_STATUSES) columns[status].sort(compareTasks)
  return columns
}

export function openBlockers({ blocked_by }: Task) {
  return blocked_by.filter(({ status }) => status !== 'complete')
}

export function missingEvidence({ required_evidence_types, evidence }: Task): EvidenceType[] {
  return required_evidence_types.filter((type) => !evidence.some((given) => given.type === type))
}

/** Why a task may not go to a status; undefined if it may. Missing evidence is no refusal: a dialog asks for it. */
export function refusal(task: Task, to: TaskStatus): string | undefined {
  if (task.status === 'complete' && to !== 'in-progress')
    return 'A complete task only goes back to In progress.'
  const blockers = openBlockers(task)
  if (to === 'complete' && blockers.length > 0)
    return `Blocked by ${blockers.map(({ title }) => `“${title}”`).join(', ')}.`
  return undefined
}
