import { moveProject } from '../db/writes/projects.ts'
import { changed } from '../domain/changes.ts'
import { aboutTransition } from '../domain/notifications.ts'
import { projectEvent } from '../domain/project-events.ts'
import { checkStage } from '../domain/projects.ts'
import type { Command } from './command.ts'
import { existingProject } from './existing.ts'
import { checkVersion } from './versions.ts'

/** Moves a project one stage forward, or any number back. */
export const projectTransition: Command<'project.transition'> = {
  name: 'project.transition',
  action: 'project.transition',
  async run(context, { id, version, to_stage, comment }, principal) {
    const before = await existingProject(context, id)
    checkVersion(before.version, version)
    checkStage(before.stage, to_stage)
    const project = changed(before, { stage: to_stage }, context.now)
    await moveProject(context, project, null)
    const move = { from_stage: before.stage, to_stage, comment: comment || null }
    return {
      result: project,
      events: [projectEvent('project.transitioned', project, move)],
      notifications: aboutTransition(project, principal.id),
    }
  },
}
