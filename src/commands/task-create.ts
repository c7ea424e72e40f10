import { notFound } from '../contracts/errors.ts'
import { unique } from '../domain/lists.ts'
import { aboutAssignments } from '../domain/notifications.ts'
import { assignmentEvent, taskEvent } from '../domain/task-events.ts'
import { newTask, refTo, withBlockers } from '../domain/tasks.ts'
import type { Command } from './command.ts'
import { checkMembers, checkProjects } from './references.ts'
import { TaskBatch } from './task-batch.ts'

/** Adds a task with its projects, assignees and blockers; omitted fields default to the org's settings. */
export const taskCreate: Command<'task.create'> = {
  name: 'task.create',
  action: 'task.create',
  batched: true,
  async run(context, input, principal) {
    const tasks = TaskBatch.of(context)
    const project_ids = unique(input.project_ids ?? [])
    const blocked_by_ids = unique(input.blocked_by_ids ?? [])
    const made = { id: context.newId(), creator_id: principal.id ?? '', now: context.now }
    const plain = newTask(input, context.permissions.settings.task_defaults, made)
    const { assignee_ids } = plain
    checkMembers(context, assignee_ids)
    checkProjects(context, project_ids)
    const blockers = await tasks.read(blocked_by_ids)
    if (blockers.length < blocked_by_ids.length) throw notFound('task')
    const task = withBlockers({ ...plain, project_ids: project_ids.sort() }, blockers.map(refTo))
    tasks.create(task)
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
