import { notFound } from '../contracts/errors.ts'
import { updateTask } from '../db/writes/tasks.ts'
import { changed } from '../domain/changes.ts'
import { taskEvent } from '../domain/task-events.ts'
import type { Command } from './command.ts'
import { existingTask } from './existing.ts'
import { checkVersion } from './versions.ts'

/** Removes evidence from a task. */
export const taskRemoveEvidence: Command<'task.remove_evidence'> = {
  name: 'task.remove_evidence',
  action: 'task.evidence',
  async run(context, { id, version, evidence_id }, principal) {
    const before = await existingTask(context, id, principal)
    checkVersion(before.version, version)
    const evidence = before.evidence.find((item) => item.id === evidence_id)
    if (!evidence) throw notFound('evidence')
    const left = before.evidence.filter((item) => item !== evidence)
    const task = changed(before, { evidence: left }, context.now)
    await updateTask(context, task, [], { evidence_removed: [evidence_id] })
    return { result: null, events: [taskEvent('task.evidence_removed', task, { evidence })] }
  },
}
