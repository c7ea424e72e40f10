import { notFound } from '../contracts/errors.ts'
import { updateTask } from '../db/writes/tasks.ts'
import { changed } from '../domain/changes.ts'
import { taskEvent } from '../domain/task-events.ts'
import { withBlockers } from '../domain/tasks.ts'
import { unblocked } from '../domain/unblocked.ts'
import type { Command } from './command.ts'
import { existingTask } from './existing.ts'
import { checkVersion } from './versions.ts'

/** Removes a dependency between tasks, which may unblock the dependent task. */
export const taskRemoveDependency: Command<'task.remove_dependency'> = {
  name: 'task.remove_dependency',
  action: 'task.depend',
  async run(context, { id, version, blocked_by_id }, principal) {
    const before = await existingTask(context, id, principal)
    checkVersion(before.version, version)
    const left = before.blocked_by.filter((blocker) => blocker.id !== blocked_by_id)
    if (left.length === before.blocked_by.length) throw notFound('dependency')
    const task = withBlockers(changed(before, {}, context.now), left)
    await updateTask(context, task, [], { blockers: { added: [], removed: [blocked_by_id] } })
    const is_free = before.is_blocked && !task.is_blocked && task.status !== 'complete'
    const freed = unblocked(is_free ? [task] : [], principal, 1)
    return {
      result: null,
      events: [taskEvent('task.dependency_removed', task, { blocked_by_id }), ...freed.events],
      notifications: freed.notifications,
    }
  },
}
