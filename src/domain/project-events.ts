import type { Project } from '../contracts/resources.ts'
import type { EventType } from '../contracts/vocabulary.ts'
import type { NewEvent } from './log-event.ts'

/** An event about a project; it carries the project as it is now. */
export function projectEvent(
  type: Extract<EventType, `project.${string}`>,
  project: Project,
  more: Record<string, unknown> = {},
): NewEvent {
  return { type, project_ids: [project.id], payload: { project, ...more } }
}

export function membershipEvent(
  type: 'project.user_assigned' | 'project.user_unassigned',
  project: Project,
  user_id: string,
): NewEvent {
  return { ...projectEvent(type, project, { user_id }), subject_ids: [user_id] }
}
