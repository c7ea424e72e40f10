import type { Task } from '../contracts/resources.ts'
import type { EventType } from '../contracts/vocabulary.ts'
import type { NewEvent } from './log-event.ts'

/** An event about a task: it belongs to the task and to its projects, and carries the task as it is now. */
export function taskEvent(
  type: Extract<EventType, `task.${string}`>,
  task: Task,
  more: Record<string, unknown> = {},
): NewEvent {
  return { type, project_ids: task.project_ids, task_id: task.id, payload: { task, ...more } }
}

export function assignmentEvent(
  type: 'task.assigned' | 'task.unassigned',
  task: Task,
  user_id: string,
): NewEvent {
  return { ...taskEvent(type, task, { user_id }), subject_ids: [user_id] }
}
