import type { EventEnvelope } from '@contracts/events.ts'
import type { Slice } from '@contracts/lists.ts'
import type { EvidenceCreate, TaskCreate, TaskPatch, TaskTransition } from '@contracts/requests.ts'
import type { Evidence, Project, Task } from '@contracts/resources.ts'
import { TASK_STATUSES } from '@contracts/vocabulary.ts'
import { request } from './http.ts'
import { everyPage, orgPath } from './org.ts'

const taskPath = (slug: string, id: string) => `${orgPath(slug)}/tasks/${encodeURIComponent(id)}`

/** Events of a task per page of its history. */
const HISTORY_LIMIT = 50

export const taskApi = {
  tasks: (slug: string) => everyPage<Task>(`${orgPath(slug)}/tasks`),
  tasksOfProject: (slug: string, project_id: string) =>
    everyPage<Task>(`${orgPath(slug)}/tasks`, { project_id }),
  /** Without the complete ones, which may be many. */
  openTasksOf: async (slug: string, assigned_to: string) => {
    const open = TASK_STATUSES.filter((status) => status !== 'complete')
    const lists = open.map((status) => everyPage<Task>(`${orgPath(slug)}/tasks`, { assigned_to, status }))
    return (await Promise.all(lists)).flat()
  },
  /** The server lists archived tasks beside the others; only complete ones are ever archived. */
  archived: async (slug: string) => {
    const query = { status: 'complete', include_archived: 'true' }
    const tasks = await everyPage<Task>(`${orgPath(slug)}/tasks`, query)
    return tasks.filter(({ archived_at }) => archived_at !== null)
  },
  projects: (slug: string) => everyPage<Project>(`${orgPath(slug)}/projects`),
  create: (slug: string, body: TaskCreate, idempotency_key: string) =>
    request<Task>('POST', `${orgPath(slug)}/tasks`, { body, idempotency_key }),
  transition: (slug: string, id: string, body: TaskTransition, idempotency_key: string) =>
    request<Task>('POST', `${taskPath(slug, id)}/transition`, { body, idempotency_key }),
  task: (slug: string, id: string) => request<Task>('GET', taskPath(slug, id)),
  /** Newest first. */
  history: (slug: string, id: string, cursor?: string) =>
    request<Slice<EventEnvelope>>('GET', `${orgPath(slug)}/events`, {
      query: { task_id: id, limit: HISTORY_LIMIT, cursor },
    }),
  update: (slug: string, id: string, body: TaskPatch, if_match?: number) =>
    request<Task>('PATCH', taskPath(slug, id), { body, ...(if_match === undefined ? {} : { if_match }) }),
  addEvidence: (slug: string, id: string, body: EvidenceCreate, idempotency_key: string) =>
    request<Evidence>('POST', `${taskPath(slug, id)}/evidence`, { body, idempotency_key }),
  removeEvidence: (slug: string, id: string, evidence_id: string) =>
    request<undefined>('DELETE', `${taskPath(slug, id)}/evidence/${encodeURIComponent(evidence_id)}`),
  link: (slug: string, id: string, blocked_by_id: string) =>
    request<Task>('PUT', `${taskPath(slug, id)}/dependencies/${encodeURIComponent(blocked_by_id)}`),
  unlink: (slug: string, id: string, blocked_by_id: string) =>
    request<undefined>('DELETE', `${taskPath(slug, id)}/dependencies/${encodeURIComponent(blocked_by_id)}`),
}
