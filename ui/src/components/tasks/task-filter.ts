import type { Task } from '@contracts/resources.ts'
import {
  PRIORITIES,
  type Priority,
  TASK_STATUSES,
  TASK_TYPES,
  type TaskStatus,
  type TaskType,
} from '@contracts/vocabulary.ts'

/** Filters of board and table, as the address of the page carries them; several values of one filter are alternatives. */
export interface TaskFilter {
  q: string
  /** Ids, or `none`. */
  project: readonly string[]
  /** Ids, `me` or `none`. */
  assignee: readonly string[]
  priority: readonly Priority[]
  type: readonly TaskType[]
  status: readonly TaskStatus[]
  blocked: boolean
  /** Also the archived tasks, which the server keeps apart. */
  archived: boolean
}

/** Filters with values to choose from. */
export const CHOICES = ['project', 'assignee', 'priority', 'type', 'status'] as const
export type Choice = (typeof CHOICES)[number]

/** The value for tasks without a project, or without an assignee. */
export const NONE = 'none'
export const ME = 'me'

type Address = Readonly<Record<string, unknown>>
export type Query = Record<string, string>

/** Values of a parameter that is repeated, or a list with commas. */
function listed(value: unknown): string[] {
  const all = Array.isArray(value) ? value : [value]
  const words = all.flatMap((one) => (typeof one === 'string' ? one.split(',') : []))
  return [...new Set(words.filter((word) => word !== ''))]
}
const known = <T extends string>(values: readonly T[], value: unknown) =>
  values.filter((one) => listed(value).includes(one))

/** The filter of an address; unknown values are no filter. Projects and assignees go by the names of the API too. */
export function filterOf(query: Address): TaskFilter {
  return {
    q: typeof query.q === 'string' ? query.q : '',
    project: listed(query.project ?? query.project_id),
    assignee: listed(query.assignee ?? query.assigned_to),
    priority: known(PRIORITIES, query.priority),
    type: known(TASK_TYPES, query.type),
    status: known(TASK_STATUSES, query.status),
    blocked: query.blocked === 'true',
    archived: query.archived === 'true',
  }
}

/** The address of a filter, without what is not filtered. */
export function queryOf(filter: TaskFilter): Query {
  const query: Query = {}
  for (const [name, value] of Object.entries(filter)) {
    const text = Array.isArray(value) ? value.join(',') : value ? String(value) : ''
    if (text !== '') query[name] = text
  }
  return query
}

/** A filter with other values of one choice. */
export function withChoice(filter: TaskFilter, choice: Choice, values: readonly string[]): TaskFilter {
  return filterOf({ ...queryOf(filter), [choice]: values.join(',') })
}

/** Whether a filter leaves tasks out; archived ones come on top. */
export function narrows({ archived: _archived, ...rest }: TaskFilter): boolean {
  return Object.values(rest).some((value) => (typeof value === 'boolean' ? value : value.length > 0))
}

/** Words of a task: a long list is searched with every key. */
const words = new WeakMap<Task, string[]>()

function wordsOf(task: Task): string[] {
  const found = words.get(task) ?? split(`${task.title} ${task.description}`)
  words.set(task, found)
  return found
}
function split(text: string): string[] {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

/** A task counts under each of these values of a choice. */
const VALUES: Record<Choice, (task: Task, me_id: string) => readonly string[]> = {
  project: ({ project_ids }) => (project_ids.length === 0 ? [NONE] : project_ids),
  assignee: ({ assignee_ids }, me_id) =>
    assignee_ids.length === 0 ? [NONE] : assignee_ids.includes(me_id) ? [ME, ...assignee_ids] : assignee_ids,
  priority: ({ priority }) => [priority],
  type: ({ type }) => [type],
  status: ({ status }) => [status],
}

type Test = Choice | 'q' | 'blocked'
const TESTS: readonly Test[] = ['q', ...CHOICES, 'blocked']
const waits = ({ is_blocked, status }: Task) => is_blocked && status !== 'complete'

/** The tests that a task fails, up to two: with one, it would be shown without that filter. */
function failed(task: Task, filter: TaskFilter, search: readonly string[], me_id: string): Test[] {
  const fails: Test[] = []
  for (const test of TESTS) {
    if (passes(task, test, filter, search, me_id)) continue
    fails.push(test)
    if (fails.length === 2) break
  }
  return fails
}

function passes(
  task: Task,
  test: Test,
  filter: TaskFilter,
  search: readonly string[],
  me_id: string,
): boolean {
  // Beginnings of words in title or description, as the server searches.
  if (test === 'q')
    return search.every((beginning) => wordsOf(task).some((word) => word.startsWith(beginning)))
  if (test === 'blocked') return !filter.blocked || waits(task)
  const chosen: readonly string[] = filter[test]
  return chosen.length === 0 || VALUES[test](task, me_id).some((value) => chosen.includes(value))
}

/** Tasks in the filter, and for each value the number of tasks that choosing it would show. */
export interface Filtered {
  shown: Task[]
  counts: Record<Choice, ReadonlyMap<string, number>>
  blocked: number
}

export function filterTasks(tasks: readonly Task[], filter: TaskFilter, me_id: string): Filtered {
  const counts = {
    project: new Map<string, number>(),
    assignee: new Map<string, number>(),
    priority: new Map<string, number>(),
    type: new Map<string, number>(),
    status: new Map<string, number>(),
  }
  const shown: Task[] = []
  let blocked = 0
  const search = split(filter.q)
  for (const task of tasks) {
    const [first, second] = failed(task, filter, search, me_id)
    if (second !== undefined) continue
    if (first === undefined) shown.push(task)
    if ((first === undefined || first === 'blocked') && waits(task)) blocked++
    for (const choice of CHOICES)
      if (first === undefined || first === choice)
        for (const value of VALUES[choice](task, me_id))
          counts[choice].set(value, (counts[choice].get(value) ?? 0) + 1)
  }
  return { shown, counts, blocked }
}

/** Whether a task is in the filter. */
export function inFilter(task: Task, filter: TaskFilter, me_id: string): boolean {
  return failed(task, filter, split(filter.q), me_id).length === 0
}
