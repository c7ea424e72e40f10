import type { Task } from '@contracts/resources.ts'

/** Which tasks a slice has: open ones of a person, or all of a project. */
export type SliceOf = { assignee_id: string } | { project_id: string }

/** A part of the tasks of an org, for views that need no more. */
export interface TaskSlice {
  of: SliceOf
  tasks: Task[]
}

/** The slice after a change of the list: tasks enter and leave by themselves. */
export function withSliceChanged(slice: TaskSlice, change: (tasks: Task[]) => Task[]): TaskSlice {
  const changed = change(slice.tasks)
  if (changed === slice.tasks) return slice
  const tasks = changed.filter((task) => belongs(task, slice.of))
  const same = tasks.length === slice.tasks.length && tasks.every((task, at) => task === slice.tasks[at])
  return same ? slice : { ...slice, tasks }
}

function belongs(task: Task, of: SliceOf): boolean {
  if ('project_id' in of) return task.project_ids.includes(of.project_id)
  return task.status !== 'complete' && task.assignee_ids.includes(of.assignee_id)
}
