import type { ProjectCreate, ProjectPatch, ProjectTransition } from '@contracts/requests.ts'
import type { Project } from '@contracts/resources.ts'
import { request } from './http.ts'
import { everyPage, orgPath } from './org.ts'

const projectPath = (slug: string, id: string) => `${orgPath(slug)}/projects/${encodeURIComponent(id)}`
const memberPath = (slug: string, id: string, user_id: string) =>
  `${projectPath(slug, id)}/users/${encodeURIComponent(user_id)}`

export const projectApi = {
  /** Projects at their end of life. */
  ended: (slug: string) => everyPage<Project>(`${orgPath(slug)}/projects`, { stage: 'end-of-life' }),
  create: (slug: string, body: ProjectCreate, idempotency_key: string) =>
    request<Project>('POST', `${orgPath(slug)}/projects`, { body, idempotency_key }),
  update: (slug: string, id: string, body: ProjectPatch, if_match: number) =>
    request<Project>('PATCH', projectPath(slug, id), { body, if_match }),
  transition: (slug: string, id: string, body: ProjectTransition, idempotency_key: string) =>
    request<Project>('POST', `${projectPath(slug, id)}/transition`, { body, idempotency_key }),
  end: (slug: string, id: string) => request<undefined>('DELETE', projectPath(slug, id)),
  assign: (slug: string, id: string, user_id: string) =>
    request<Project>('PUT', memberPath(slug, id, user_id)),
  unassign: (slug: string, id: string, user_id: string) =>
    request<undefined>('DELETE', memberPath(slug, id, user_id)),
}
