import { readTasks } from '../db/queries/tasks.ts'
import { archiveTasks } from '../db/writes/tasks.ts'
import { changed } from '../domain/changes.ts'
import { taskEvent } from '../domain/task-events.ts'
import type { Command } from './command.ts'

/** Archives tasks that were completed long ago: lists omit them unless requested. */
export const taskArchive: Command<'task.archive'> = {
  name: 'task.archive',
  action: null,
  async run(context, { ids }) {
    const found = await readTasks(context, context.org_id, ids)
    const tasks = found
      .filter(({ status, archived_at }) => status === 'complete' && archived_at === null)
      .map((task) => changed(task, { archived_at: context.now }, context.now))
    await archiveTasks(context, tasks)
    return { result: null, events: tasks.map((task) => taskEvent('task.archived', task, {})) }
  },
}
