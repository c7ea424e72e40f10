import type { Principal } from '../contracts/principal.ts'
import type { Task } from '../contracts/resources.ts'
import { aboutTask } from './notifications.ts'
import { taskEvent } from './task-events.ts'

/** Events and notifications of unblocked tasks; `first_event` is the index of the first event. */
export function unblocked(tasks: readonly Task[], principal: Principal, first_event: number) {
  return {
    events: tasks.map((task) => taskEvent('task.unblocked', task, {})),
    notifications: tasks.flatMap((task, i) =>
      aboutTask(task, 'task.unblocked', `“${task.title}” is not blocked any more`, {
        user_ids: task.assignee_ids,
        except: principal.id,
        event: first_event + i,
      }),
    ),
  }
}
