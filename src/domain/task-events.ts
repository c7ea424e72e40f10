import type { Task } from '../contracts/resources.ts'
import type { EventType } from '../contracts/vocabulary.ts'

type TaskEventType = Extract<EventType, `task.${string}`>

/**
 * An event about a task: it belongs to the task and to its projects, and carries the task as it is now, and `more` of
 * what its type asks for.
 */
export function taskEvent<T extends TaskEventType, More extends object>(type: T, task: Task, more: More) {
  return { type, project_ids: task.project_ids, task_id: task.id, payload: { task, ...more } }
}

export function assignmentEvent<T extends 'task.assigned' | 'task.unassigned'>(
  type: T,
  task: Task,
  user_id: string,
) {
  return { ...taskEvent(type, task, { user_id }), subject_ids: [user_id] }
}
