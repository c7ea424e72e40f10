import type { TaskPatch } from '../contracts/requests.ts'
import { type TaskColumn, updateTask } from '../db/writes/tasks.ts'
import { changed } from '../domain/changes.ts'
import { difference, unique } from '../domain/lists.ts'
import { aboutAssignments } from '../domain/notifications.ts'
import { assignmentEvent, taskEvent } from '../domain/task-events.ts'
import type { Command } from './command.ts'
import { existingTask } from './existing.ts'
import { checkMembers, checkProjects } from './references.ts'
import { checkVersion } from './versions.ts'

const COLUMNS: readonly (TaskColumn & keyof TaskPatch)[] = [
  'title',
  'description',
  'type',
  'priority',
  'required_evidence_types',
]

/** Changes fields of a task; each change of its assignees has an event of its own. */
export const taskUpdate: Command<'task.update'> = {
  name: 'task.update',
  action: 'task.update',
  async run(context, { id, patch, version }, principal) {
    const before = await existingTask(context, id, principal)
    checkVersion(before.version, version)
    const projects = difference(before.project_ids, patch.project_ids ?? before.project_ids)
    const people = difference(before.assignee_ids, patch.assignee_ids ?? before.assignee_ids)
    checkMembers(context, patch.assignee_ids ?? [])
    checkProjects(context, projects.added)

    const kept = before.assignee_ids.filter((user_id) => !people.removed.includes(user_id))
    const task = changed(
      before,
      {
        ...patch,
        project_ids: unique(patch.project_ids ?? before.project_ids).sort(),
        assignee_ids: [...kept, ...people.added],
      },
      context.now,
    )
    const columns = COLUMNS.filter((column) => patch[column] !== undefined)
    await updateTask(context, task, columns, { projects, assignees: people })

    const updated = taskEvent('task.updated', task, { changed: Object.keys(patch) })
    // Boards of the task's former projects need the event too.
    updated.project_ids = unique([...before.project_ids, ...task.project_ids])
    return {
      result: task,
      events: [
        updated,
        ...people.added.map((user_id) => assignmentEvent('task.assigned', task, user_id)),
        ...people.removed.map((user_id) => assignmentEvent('task.unassigned', task, user_id)),
      ],
      notifications: aboutAssignments(task, people.added, principal.id, 1),
    }
  },
}
