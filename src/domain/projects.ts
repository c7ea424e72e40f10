import { ApiError } from '../contracts/errors.ts'
import type { Principal } from '../contracts/principal.ts'
import type { ProjectCreate } from '../contracts/requests.ts'
import type { Project } from '../contracts/resources.ts'
import type { ProjectStage } from '../contracts/vocabulary.ts'
import { nextStages } from './lifecycle.ts'
import { unique } from './lists.ts'
import type { Permissions } from './permissions.ts'

/** A new project; its owner and its creator are assigned to it before the others. */
export function newProject(
  input: ProjectCreate,
  made: { id: string; channel_id: string; creator_id: string | null; now: string },
): Project {
  const owner_id = input.owner_id ?? null
  const first = [owner_id, made.creator_id].filter((id) => id !== null)
  return {
    id: made.id,
    name: input.name,
    type: input.type,
    description: input.description ?? '',
    stage: 'definition',
    owner_id,
    links: input.links ?? [],
    assigned_user_ids: unique([...first, ...(input.assigned_user_ids ?? [])]),
    channel_id: made.channel_id,
    task_counts: { backlog: 0, 'in-progress': 0, 'in-review': 0, complete: 0 },
    version: 1,
    created_at: made.now,
    updated_at: made.now,
  }
}

/** Refuses an invalid stage transition and names the valid ones. */
export function checkStage(from: ProjectStage, to: ProjectStage): void {
  const allowed = nextStages(from)
  if (allowed.includes(to)) return
  throw new ApiError('INVALID_TRANSITION', `A project does not go from ${from} to ${to}.`, {
    details: { from, to, allowed },
  })
}

/** Only an administrator, or a contributor assigned to the project, may change who is assigned to it. */
export function checkMayAssign(permissions: Permissions, project_id: string, principal: Principal): void {
  const user_id = principal.id ?? ''
  if (permissions.member(user_id)?.role === 'administrator') return
  if (permissions.isAssigned(project_id, user_id)) return
  throw new ApiError('FORBIDDEN', 'Only an administrator or somebody assigned to the project may do this.')
}
