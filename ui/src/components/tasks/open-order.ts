import type { Task } from '@contracts/resources.ts'
import { TASK_STATUSES } from '@contracts/vocabulary.ts'
import { compareTasks } from './task-rules.ts'

/** Open tasks across columns: nearest to completion first, then as in a column. */
export function compareOpen(a: Task, b: Task): number {
  return TASK_STATUSES.indexOf(b.status) - TASK_STATUSES.indexOf(a.status) || compareTasks(a, b)
}
