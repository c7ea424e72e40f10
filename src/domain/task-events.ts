import type { Task } from '../contracts/resources.ts'
import type { EventType } from '../contracts/vocabulary.ts'

type TaskEventType = Extract<EventType, `task.${string}`>

/**
 * An event about a task: routed to the task and its projects. Carries the current task, and `more` fields of its type.
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
