import { LIMITS } from '../contracts/limits.ts'
import { changed } from '../domain/changes.ts'
import { aboutTask } from '../domain/notifications.ts'
import { withEnded } from '../domain/sub-agents.ts'
import { taskEvent } from '../domain/task-events.ts'
import {
  checkCompletion,
  checkEvidence,
  checkRoom,
  checkTransition,
  freedTasks,
  newEvidence,
  withEvidence,
} from '../domain/tasks.ts'
import { unblocked } from '../domain/unblocked.ts'
import type { Command } from './command.ts'
import { existingInBatch } from './existing.ts'
import { endWithTask, NOTHING_ENDED } from './sub-agent-ends.ts'
import { TaskBatch } from './task-batch.ts'
import { checkVersion } from './versions.ts'

/** Moves a task, optionally with evidence. Completion ends its sub-agents and unblocks the tasks without another open blocker. */
export const taskTransition: Command<'task.transition'> = {
  name: 'task.transition',
  action: 'task.transition',
  batched: true,
  async run(context, { id, version, to_status, comment, evidence = [] }, principal) {
    const tasks = TaskBatch.of(context)
    const before = await existingInBatch(context, id, principal)
    checkVersion(before.version, version)
    const completes = to_status === 'complete'
    checkTransition(before.status, to_status)
    for (const [i, item] of evidence.entries())
      checkEvidence(item, context.permissions.settings, `/evidence/${i}`)
    checkRoom('evidence', before.evidence.length, evidence.length, LIMITS.task_evidence_max)
    if (completes)
      checkCompletion(
        before,
        [...before.evidence, ...evidence].map(({ type }) => type),
      )

    const waiting = completes ? await tasks.read(before.blocks.map((blocked) => blocked.id)) : []

    const evidence_added = evidence.map((item) => newEvidence(item, context, principal))
    const first_end = evidence_added.length + 1
    const ended = completes
      ? await endWithTask(context, before, comment || null, principal, first_end)
      : NOTHING_ENDED
    const task = changed(
      before,
      {
        status: to_status,
        completed_at: completes ? context.now : null,
        archived_at: null,
        evidence: withEvidence(before.evidence, evidence_added),
        sub_agents: withEnded(before.sub_agents, ended.sub_agents),
      },
      context.now,
    )
    tasks.move(task, evidence_added)

    const move = { from_status: before.status, to_status, comment: comment || null }
    const events = [
      ...evidence_added.map((item) => taskEvent('task.evidence_added', task, { evidence: item })),
      taskEvent('task.transitioned', task, move),
      ...ended.events,
    ]
    const to = { user_ids: task.assignee_ids, except: principal.id, event: evidence_added.length }
    const notifications = aboutTask(task, 'task.transitioned', `“${task.title}” is ${to_status}`, to)
    const freed = unblocked(freedTasks(waiting, task), principal, events.length)
    return {
      result: task,
      events: [...events, ...freed.events],
      notifications: [...notifications, ...ended.notifications, ...freed.notifications],
    }
  },
}
