import type { Task } from '@contracts/resources.ts'
import type { TaskStatus } from '@contracts/vocabulary.ts'
import type { NewTask } from '../../stores/create-task.ts'
import { ME, NONE, type TaskFilter } from './task-filter.ts'

const only = <T>(values: readonly T[]) => (values.length === 1 ? values[0] : undefined)

/** What a new task begins with, so that the filter shows it; with a status it moves there. */
export function newTaskIn(
  { project, assignee, priority, type }: TaskFilter,
  me_id: string,
  status: TaskStatus | undefined,
  move: (task: Task, to: TaskStatus) => unknown,
): NewTask {
  const project_id = project.find((id) => id !== NONE)
  const assignee_id = only(assignee.filter((id) => id !== NONE))
  const one_priority = only(priority)
  const one_type = only(type)
  return {
    ...(project_id ? { project_id } : {}),
    ...(assignee_id ? { assignee_id: assignee_id === ME ? me_id : assignee_id } : {}),
    ...(one_priority ? { priority: one_priority } : {}),
    ...(one_type ? { type: one_type } : {}),
    ...(status && status !== 'backlog' ? { status, move: (task) => move(task, status) } : {}),
  }
}
