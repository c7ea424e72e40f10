import type { Page } from '@contracts/lists.ts'
import type { Project, Task, User } from '@contracts/resources.ts'
import { request } from './http.ts'
import { orgPath } from './org.ts'

/** Results of each kind that the palette shows. */
const FOUND_MAX = 6

const find = async <T>(path: string, query: Record<string, string>, signal: AbortSignal) =>
  (await request<Page<T>>('GET', path, { query: { ...query, per_page: FOUND_MAX }, signal })).data

/** Look-ups by the beginning of words, for an answer that a newer one may supersede. */
export const findApi = {
  tasks: (slug: string, q: string, signal: AbortSignal) =>
    find<Task>(`${orgPath(slug)}/tasks`, { q, sort: 'updated_at', order: 'desc' }, signal),
  projects: (slug: string, q: string, signal: AbortSignal) =>
    find<Project>(`${orgPath(slug)}/projects`, { q, sort: 'updated_at', order: 'desc' }, signal),
  users: (slug: string, q: string, signal: AbortSignal) =>
    find<User>(`${orgPath(slug)}/users`, { q }, signal),
}
