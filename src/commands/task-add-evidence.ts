import { LIMITS } from '../contracts/limits.ts'
import { changed } from '../domain/changes.ts'
import { taskEvent } from '../domain/task-events.ts'
import { checkEvidence, checkRoom, newEvidence, withEvidence } from '../domain/tasks.ts'
import type { Command } from './command.ts'
import { existingInBatch } from './existing.ts'
import { TaskBatch } from './task-batch.ts'
import { checkVersion } from './versions.ts'

/** Adds evidence to a task. */
export const taskAddEvidence: Command<'task.add_evidence'> = {
  name: 'task.add_evidence',
  action: 'task.evidence',
  batched: true,
  async run(context, { id, version, type, url }, principal) {
    const before = await existingInBatch(context, id, principal)
    checkVersion(before.version, version)
    checkRoom('evidence', before.evidence.length, 1, LIMITS.task_evidence_max)
    checkEvidence({ type, url }, context.permissions.settings)
    const evidence = newEvidence({ type, url }, context, principal)
    const task = changed(before, { evidence: withEvidence(before.evidence, [evidence]) }, context.now)
    TaskBatch.of(context).move(task, [evidence])
    return { result: evidence, events: [taskEvent('task.evidence_added', task, { evidence })] }
  },
}
