import { notFound } from '../contracts/errors.ts'
import { LIMITS } from '../contracts/limits.ts'
import { blockerPath, readTasks } from '../db/queries/tasks.ts'
import { updateTask } from '../db/writes/tasks.ts'
import { changed } from '../domain/changes.ts'
import { taskEvent } from '../domain/task-events.ts'
import { checkRoom, circular, refTo, withBlockers } from '../domain/tasks.ts'
import type { Command } from './command.ts'
import { checkScope } from './existing.ts'
import { checkVersion } from './versions.ts'

/** Adds a dependency between tasks; refused when it would close a cycle. */
export const taskAddDependency: Command<'task.add_dependency'> = {
  name: 'task.add_dependency',
  action: 'task.depend',
  async run(context, { id, version, blocked_by_id }, principal) {
    checkScope(context, id, principal)
    const found = await readTasks(context, context.org_id, [id, blocked_by_id])
    const before = found.find((task) => task.id === id)
    const blocker = found.find((task) => task.id === blocked_by_id)
    if (!before || !blocker) throw notFound('task')
    checkVersion(before.version, version)
    if (before.blocked_by.some((ref) => ref.id === blocked_by_id)) return { result: before, events: [] }
    checkRoom('blockers', before.blocked_by.length, 1, LIMITS.task_blockers_max)
    // Commands of an org are serialized: of two that together would close a cycle, the second sees the first.
    const path = await blockerPath(context, context.org_id, blocked_by_id, id)
    if (path) throw circular([id, ...path])

    const task = withBlockers(changed(before, {}, context.now), [...before.blocked_by, refTo(blocker)])
    await updateTask(context, task, [], { blockers: { added: [blocked_by_id], removed: [] } })
    return { result: task, events: [taskEvent('task.dependency_added', task, { blocked_by_id })] }
  },
}
