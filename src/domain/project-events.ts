import type { Project } from '../contracts/resources.ts'
import type { EventType } from '../contracts/vocabulary.ts'

type ProjectEventType = Extract<EventType, `project.${string}`>

/** An event about a project; it carries the current project, and `more` fields of its type. */
export function projectEvent<T extends ProjectEventType, More extends object>(
  type: T,
  project: Project,
  more: More,
) {
  return { type, project_ids: [project.id], payload: { project, ...more } }
}

export function membershipEvent<T extends 'project.user_assigned' | 'project.user_unassigned'>(
  type: T,
  project: Project,
  user_id: string,
) {
  return { ...projectEvent(type, project, { user_id }), subject_ids: [user_id] }
}
