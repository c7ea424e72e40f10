import type { Project, Task, User } from '@contracts/resources.ts'
import { compareNames } from '@contracts/text-order.ts'
import { PRIORITIES, TASK_STATUSES, TASK_TYPES } from '@contracts/vocabulary.ts'
import { t } from '../../i18n/index.ts'
import { csvOf } from './csv.ts'
import type { Choice } from './task-filter.ts'
import { evidenceGiven, openBlockers } from './task-rules.ts'
import { PRIORITY_WORDS, STATUS_WORDS, TYPE_WORDS } from './task-words.ts'

/** Columns of the task table: their order, their words in a file, and the filter that their head offers. */
export const COLUMN_IDS = [
  'title',
  'status',
  'priority',
  'type',
  'project',
  'assigned',
  'blocked',
  'evidence',
  'updated',
  'created',
] as const
export type ColumnId = (typeof COLUMN_IDS)[number]

export interface Names {
  projects: ReadonlyMap<string, Project>
  people: ReadonlyMap<string, User>
}

export interface Column {
  id: ColumnId
  label: string
  /** The title takes what the others leave. */
  width_px?: number
  /** Not shown until chosen. */
  extra?: boolean
  choice?: Choice
  compare: (a: Task, b: Task, names: Names) => number
  text: (task: Task, names: Names) => string
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const projectNames = ({ project_ids }: Task, { projects }: Names) =>
  project_ids.flatMap((id) => projects.get(id)?.name ?? []).sort(compareNames)
const assigneeNames = ({ assignee_ids }: Task, { people }: Names) =>
  assignee_ids.flatMap((id) => people.get(id)?.display_name ?? []).sort(compareNames)
const openCount = (task: Task) => (task.status === 'complete' ? 0 : openBlockers(task).length)
const evidenceShare = (task: Task) =>
  task.required_evidence_types.length === 0 ? -1 : evidenceGiven(task) / task.required_evidence_types.length

/** Names in the order of lists; tasks without one come last. */
const byNames = (a: readonly string[], b: readonly string[]) =>
  Number(a.length === 0) - Number(b.length === 0) || compareNames(a.join(', '), b.join(', '))

export const COLUMNS: readonly Column[] = [
  {
    id: 'title',
    label: t('tasks.table.column.title'),
    compare: (a, b) => compareNames(a.title, b.title),
    text: ({ title }) => title,
  },
  {
    id: 'status',
    label: t('tasks.table.column.status'),
    width_px: 136,
    choice: 'status',
    compare: (a, b) => TASK_STATUSES.indexOf(a.status) - TASK_STATUSES.indexOf(b.status),
    text: ({ status }) => STATUS_WORDS[status],
  },
  {
    id: 'priority',
    label: t('tasks.table.column.priority'),
    width_px: 116,
    choice: 'priority',
    compare: (a, b) => PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority),
    text: ({ priority }) => PRIORITY_WORDS[priority],
  },
  {
    id: 'type',
    label: t('tasks.table.column.type'),
    width_px: 92,
    choice: 'type',
    compare: (a, b) => TASK_TYPES.indexOf(a.type) - TASK_TYPES.indexOf(b.type),
    text: ({ type }) => TYPE_WORDS[type],
  },
  {
    id: 'project',
    label: t('tasks.table.column.project'),
    width_px: 160,
    choice: 'project',
    compare: (a, b, names) => byNames(projectNames(a, names), projectNames(b, names)),
    text: (task, names) => projectNames(task, names).join(', '),
  },
  {
    id: 'assigned',
    label: t('tasks.table.column.assigned'),
    width_px: 112,
    choice: 'assignee',
    compare: (a, b, names) => byNames(assigneeNames(a, names), assigneeNames(b, names)),
    text: (task, names) => assigneeNames(task, names).join(', '),
  },
  {
    id: 'blocked',
    label: t('tasks.table.column.blocked'),
    width_px: 72,
    compare: (a, b) => openCount(a) - openCount(b),
    text: (task) => String(openCount(task)),
  },
  {
    id: 'evidence',
    label: t('tasks.table.column.evidence'),
    width_px: 84,
    compare: (a, b) => evidenceShare(a) - evidenceShare(b),
    text: (task) =>
      task.required_evidence_types.length === 0
        ? ''
        : t('tasks.table.evidence_given', {
            given: evidenceGiven(task),
            required: task.required_evidence_types.length,
          }),
  },
  {
    id: 'updated',
    label: t('tasks.table.column.updated'),
    width_px: 112,
    compare: (a, b) => byText(a.updated_at, b.updated_at),
    text: ({ updated_at }) => updated_at,
  },
  {
    id: 'created',
    label: t('tasks.table.column.created'),
    width_px: 112,
    extra: true,
    compare: (a, b) => byText(a.created_at, b.created_at),
    text: ({ created_at }) => created_at,
  },
]

export interface Sort {
  by: ColumnId
  descending: boolean
}
export const FIRST_SORT: Sort = { by: 'priority', descending: true }

/** Tasks in the order of a column; equal ones from the oldest to the newest. */
export function sortTasks(tasks: readonly Task[], { by, descending }: Sort, names: Names): Task[] {
  const compare = COLUMNS.find(({ id }) => id === by)?.compare ?? (() => 0)
  const sign = descending ? -1 : 1
  return [...tasks].sort(
    (a, b) => sign * compare(a, b, names) || byText(a.created_at, b.created_at) || byText(a.id, b.id),
  )
}

/** Columns to show of those that were remembered; unknown ones are left out, the title is always there. */
export function shownColumns(ids: readonly string[]): Column[] {
  return COLUMNS.filter(({ id }) => id === 'title' || ids.includes(id))
}
export const FIRST_COLUMNS: ColumnId[] = COLUMNS.filter(({ extra }) => !extra).map(({ id }) => id)

/** Rows as a file for a spreadsheet. */
export function tasksCsv(tasks: readonly Task[], columns: readonly Column[], names: Names): string {
  return csvOf([
    columns.map(({ label }) => label),
    ...tasks.map((task) => columns.map(({ text }) => text(task, names))),
  ])
}
