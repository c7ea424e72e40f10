import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { notFound } from '../../contracts/errors.ts'
import { LIMITS } from '../../contracts/limits.ts'
import { PageOf } from '../../contracts/lists.ts'
import { EvidenceCreate, TaskCreate, TaskPatch, TaskTransition } from '../../contracts/requests.ts'
import { Evidence, Task } from '../../contracts/resources.ts'
import { OneOf, Text, Uuid } from '../../contracts/schema.ts'
import { PRIORITIES, TASK_STATUSES, TASK_TYPES } from '../../contracts/vocabulary.ts'
import { findTask, listTasks, TASK_SORTS } from '../../db/queries/tasks.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints, idOf, type OrgCall } from '../endpoint.ts'
import { filterUser, ifMatch, ORDER, PAGE, UserFilter } from '../list-query.ts'

const TaskQuery = Type.Object({
  project_id: Type.Optional(Uuid()),
  status: Type.Optional(OneOf(TASK_STATUSES)),
  assigned_to: Type.Optional(UserFilter('Assigned to this user; `me` is the caller.')),
  priority: Type.Optional(OneOf(PRIORITIES)),
  type: Type.Optional(OneOf(TASK_TYPES)),
  blocked: Type.Optional(Type.Boolean()),
  q: Type.Optional(
    Text(LIMITS.search_query_max, { description: 'Beginnings of words in title or description.' }),
  ),
  include_archived: Type.Optional(Type.Boolean()),
  sort: Type.Optional(OneOf(TASK_SORTS)),
  order: ORDER,
  ...PAGE,
})

/** Tasks: what is to be done, by whom, what it waits for, what shows that it is done. */
export function taskRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Tasks'
  return new Elysia({ name: 'tasks', prefix: '/api/v1/orgs/:org_slug' })
    .get(
      '/tasks',
      ...at.org(
        {
          tag,
          action: 'task.list',
          query: TaskQuery,
          summary: 'Tasks',
          description: 'Archived ones only when asked for.',
          ok: { status: 200, schema: PageOf(Task) },
        },
        async ({ org_id, query, principal }) => {
          const filter = { ...query, ...filterUser('assigned_to', query.assigned_to, principal) }
          const only_id = principal.kind === 'sub_agent' ? principal.scope?.task_id : undefined
          return { body: await listTasks(deps.database, org_id, only_id ? { ...filter, only_id } : filter) }
        },
      ),
    )

    .post(
      '/tasks',
      ...at.org(
        {
          tag,
          action: 'task.create',
          body: TaskCreate,
          summary: 'Create a task',
          description:
            'Priority and required evidence come from the organization’s settings when they are left out.',
          ok: { status: 201, schema: Task },
          errors: ['USER_NOT_FOUND', 'PROJECT_NOT_FOUND', 'TASK_NOT_FOUND', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => created(await call.command('task.create', call.body)),
      ),
    )

    .get(
      '/tasks/:task_id',
      ...at.org(
        {
          tag,
          action: 'task.read',
          summary: 'A task',
          description:
            'With its evidence and its dependencies both ways. `ETag` is its version, for `If-Match`.',
          ok: { status: 200, schema: Task },
          errors: ['TASK_NOT_FOUND'],
        },
        async (call) => {
          const task = await findTask(deps.database, call.org_id, own(call))
          if (!task) throw notFound('task')
          return { body: task, headers: { ETag: `"${task.version}"` } }
        },
      ),
    )

    .patch(
      '/tasks/:task_id',
      ...at.org(
        {
          tag,
          action: 'task.update',
          body: TaskPatch,
          summary: 'Change a task',
          description:
            'With `If-Match: "<version>"` a stale edit is refused; without it the last writer wins per field.',
          ok: { status: 200, schema: Task },
          errors: ['TASK_NOT_FOUND', 'USER_NOT_FOUND', 'PROJECT_NOT_FOUND', 'VERSION_CONFLICT'],
        },
        async (call) => {
          const { result } = await call.command('task.update', {
            patch: call.body,
            ...versioned(call),
          })
          return { body: result, headers: { ETag: `"${result.version}"` } }
        },
      ),
    )

    .post(
      '/tasks/:task_id/transition',
      ...at.org(
        {
          tag,
          action: 'task.transition',
          body: TaskTransition,
          summary: 'Move a task to another status',
          description:
            'Completion needs every required type of evidence, which may come with the transition, and every blocking task complete.',
          ok: { status: 200, schema: Task },
          errors: [
            'TASK_NOT_FOUND',
            'VERSION_CONFLICT',
            'INVALID_TRANSITION',
            'EVIDENCE_REQUIRED',
            'TASK_BLOCKED',
            'IDEMPOTENCY_CONFLICT',
          ],
        },
        async (call) =>
          created(
            await call.command('task.transition', { ...call.body, ...versioned(call) }),
            undefined,
            200,
          ),
      ),
    )

    .put(
      '/tasks/:task_id/dependencies/:blocked_by_id',
      ...at.org(
        {
          tag,
          action: 'task.depend',
          summary: 'Make a task wait for another',
          description: 'Refused when it would close a circle; the refusal names it.',
          ok: { status: 200, schema: Task },
          errors: ['TASK_NOT_FOUND', 'CIRCULAR_DEPENDENCY', 'VERSION_CONFLICT'],
        },
        async (call) => {
          const { result } = await call.command('task.add_dependency', {
            ...versioned(call),
            blocked_by_id: idOf(call, 'blocked_by_id'),
          })
          return { body: result }
        },
      ),
    )

    .delete(
      '/tasks/:task_id/dependencies/:blocked_by_id',
      ...at.org(
        {
          tag,
          action: 'task.depend',
          summary: 'Take a dependency away',
          description: 'When nothing else blocks the task, its assignees hear that it is free.',
          ok: { status: 204 },
          errors: ['TASK_NOT_FOUND', 'DEPENDENCY_NOT_FOUND', 'VERSION_CONFLICT'],
        },
        async (call) => {
          await call.command('task.remove_dependency', {
            ...versioned(call),
            blocked_by_id: idOf(call, 'blocked_by_id'),
          })
          return {}
        },
      ),
    )

    .post(
      '/tasks/:task_id/evidence',
      ...at.org(
        {
          tag,
          action: 'task.evidence',
          body: EvidenceCreate,
          summary: 'Add evidence',
          description:
            'An https address that shows a part of the work: a pull request, test results or a document.',
          ok: { status: 201, schema: Evidence },
          errors: ['TASK_NOT_FOUND', 'IDEMPOTENCY_CONFLICT', 'VERSION_CONFLICT'],
        },
        async (call) =>
          created(await call.command('task.add_evidence', { ...call.body, ...versioned(call) })),
      ),
    )

    .delete(
      '/tasks/:task_id/evidence/:evidence_id',
      ...at.org(
        {
          tag,
          action: 'task.evidence',
          summary: 'Take evidence away',
          description: 'The task’s status stays as it is.',
          ok: { status: 204 },
          errors: ['TASK_NOT_FOUND', 'EVIDENCE_NOT_FOUND', 'VERSION_CONFLICT'],
        },
        async (call) => {
          await call.command('task.remove_evidence', {
            ...versioned(call),
            evidence_id: idOf(call, 'evidence_id'),
          })
          return {}
        },
      ),
    )
}

/** The task in the path, in the version of `If-Match`. */
const versioned = (call: Pick<OrgCall<unknown, unknown>, 'params' | 'request'>) => ({
  id: idOf(call, 'task_id'),
  ...ifMatch(call.request),
})

/** The task in the path; for a sub-agent only its own. */
function own({ principal, params }: Pick<OrgCall<unknown, unknown>, 'principal' | 'params'>): string {
  const id = params.task_id ?? ''
  if (principal.kind === 'sub_agent' && principal.scope?.task_id !== id) throw notFound('task')
  return id
}
