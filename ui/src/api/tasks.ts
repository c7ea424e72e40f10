import type { TaskCreate, TaskTransition } from '@contracts/requests.ts'
import type { Project, Task } from '@contracts/resources.ts'
import { request } from './http.ts'
import { everyPage, orgPath } from './org.ts'

const taskPath = (slug: string, id: string) => `${orgPath(slug)}/tasks/${encodeURIComponent(id)}`

export const taskApi = {
  tasks: (slug: string) => everyPage<Task>(`${orgPath(slug)}/tasks`),
  projects: (slug: string) => everyPage<Project>(`${orgPath(slug)}/projects`),
  create: (slug: string, body: TaskCreate, idempotency_key: string) =>
    request<Task>('POST', `${orgPath(slug)}/tasks`, { body, idempotency_key }),
  transition: (slug: string, id: string, body: TaskTransition, idempotency_key: string) =>
    request<Task>('POST', `${taskPath(slug, id)}/transition`, { body, idempotency_key }),
}
