import { notFound } from '../contracts/errors.ts'
import type { TaskCreate } from '../contracts/requests.ts'
import type { Task } from '../contracts/resources.ts'
import { insertTask } from '../db/writes/tasks.ts'
import { unique } from '../domain/lists.ts'
import { aboutAssignments } from '../domain/notifications.ts'
import { assignmentEvent, taskEvent } from '../domain/task-events.ts'
import { newTask, withBlockers } from '../domain/tasks.ts'
import type { Command } from './command.ts'
import { checkMembers } from './references.ts'

/** Adds a task with its projects, assignees and blockers; what is left out comes from the org's settings. */
export const taskCreate: Command<TaskCreate, Task> = {
  name: 'task.create',
  action: 'task.create',
  async run(context, input, principal) {
    const made = { id: context.newId(), creator_id: principal.id ?? '', now: context.now }
    const plain = newTask(input, context.permissions.settings.task_defaults, made)
    const { assignee_ids } = plain
    checkMembers(context, assignee_ids)
    const project_ids = unique(input.project_ids ?? [])
    const blocked_by_ids = unique(input.blocked_by_ids ?? [])
    const found = await insertTask(context, plain, { project_ids, blocked_by_ids })
    if (!found.accepted) throw notFound(found.project_ids.length < project_ids.length ? 'project' : 'task')
    const task = withBlockers({ ...plain, project_ids: found.project_ids }, found.blocked_by)
    return {
      result: task,
      events: [
        taskEvent('task.created', task, {}),
        ...assignee_ids.map((user_id) => assignmentEvent('task.assigned', task, user_id)),
      ],
      notifications: aboutAssignments(task, assignee_ids, principal.id, 1),
    }
  },
}
