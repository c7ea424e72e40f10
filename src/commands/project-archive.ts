import { moveProject } from '../db/writes/projects.ts'
import { changed } from '../domain/changes.ts'
import { aboutTransition } from '../domain/notifications.ts'
import { projectEvent } from '../domain/project-events.ts'
import type { Command } from './command.ts'
import { existingProject } from './existing.ts'
import { checkVersion } from './versions.ts'

/** Archives a project for good and removes it from the boards. Idempotent. */
export const projectArchive: Command<'project.archive'> = {
  name: 'project.archive',
  action: 'project.delete',
  async run(context, { id, version }, principal) {
    const before = await existingProject(context, id)
    checkVersion(before.version, version)
    if (before.stage === 'end-of-life') return { result: null, events: [] }
    const project = changed(before, { stage: 'end-of-life' }, context.now)
    await moveProject(context, project, context.now)
    return {
      result: null,
      events: [projectEvent('project.archived', project, { from_stage: before.stage })],
      notifications: aboutTransition(project, principal.id),
    }
  },
}
