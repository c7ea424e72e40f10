import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { notFound } from '../../contracts/errors.ts'
import { LIMITS } from '../../contracts/limits.ts'
import { PageOf } from '../../contracts/lists.ts'
import { ProjectCreate, ProjectPatch, ProjectTransition } from '../../contracts/requests.ts'
import { Project, User } from '../../contracts/resources.ts'
import { OneOf, Text } from '../../contracts/schema.ts'
import { PROJECT_STAGES, PROJECT_TYPES } from '../../contracts/vocabulary.ts'
import { findProject, listProjects } from '../../db/queries/projects.ts'
import { listUsers } from '../../db/queries/users.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints, idOf, type OrgCall } from '../endpoint.ts'
import { filterUser, ifMatch, ORDER, PAGE, UserFilter } from '../list-query.ts'

const ProjectQuery = Type.Object({
  stage: Type.Optional(OneOf(PROJECT_STAGES)),
  owner_id: Type.Optional(UserFilter('Owned by this user; `me` is the caller.')),
  type: Type.Optional(OneOf(PROJECT_TYPES)),
  assigned_to: Type.Optional(UserFilter('Projects that this user is assigned to; `me` is the caller.')),
  q: Type.Optional(Text(LIMITS.search_query_max, { description: 'Part of the name or the description.' })),
  include_archived: Type.Optional(Type.Boolean({ description: 'Also those at the end of their life.' })),
  sort: Type.Optional(OneOf(['created_at', 'updated_at', 'name', 'stage'])),
  order: ORDER,
  ...PAGE,
})

const VERSION_NOTE =
  'With `If-Match: "<version>"` a stale edit is refused; without it the last writer wins per field.'

/** Projects, their stages and the people assigned to them. */
export function projectRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Projects'
  const own = ({ principal }: Pick<OrgCall<unknown, unknown>, 'principal'>, id: string) => {
    if (principal.kind === 'sub_agent' && !principal.scope?.project_ids.includes(id))
      throw notFound('project')
    return id
  }
  return new Elysia({ name: 'projects', prefix: '/api/v1/orgs/:org_slug' })
    .get(
      '/projects',
      ...at.org(
        {
          tag,
          action: 'project.list',
          query: ProjectQuery,
          summary: 'Projects',
          description:
            'All of the organization, those at the end of their life only when asked for. A sub-agent sees those of its task.',
          ok: { status: 200, schema: PageOf(Project) },
        },
        async ({ org_id, query, principal }) => {
          const filter = {
            ...query,
            ...filterUser('owner_id', query.owner_id, principal),
            ...filterUser('assigned_to', query.assigned_to, principal),
          }
          const only_ids = principal.kind === 'sub_agent' ? (principal.scope?.project_ids ?? []) : undefined
          return {
            body: await listProjects(deps.database, org_id, only_ids ? { ...filter, only_ids } : filter),
          }
        },
      ),
    )

    .post(
      '/projects',
      ...at.org(
        {
          tag,
          action: 'project.create',
          body: ProjectCreate,
          summary: 'Create a project',
          description: 'With a channel of its own; owner and creator are assigned to it.',
          ok: { status: 201, schema: Project },
          errors: ['USER_NOT_FOUND', 'NAME_TAKEN', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => created(await call.command('project.create', call.body)),
      ),
    )

    .get(
      '/projects/:project_id',
      ...at.org(
        {
          tag,
          action: 'project.read',
          summary: 'A project',
          description: 'With the number of its tasks in each status. `ETag` is its version, for `If-Match`.',
          ok: { status: 200, schema: Project },
          errors: ['PROJECT_NOT_FOUND'],
        },
        async (call) => {
          const project = await findProject(
            deps.database,
            call.org_id,
            own(call, call.params.project_id ?? ''),
          )
          if (!project) throw notFound('project')
          return { body: project, headers: { ETag: `"${project.version}"` } }
        },
      ),
    )

    .patch(
      '/projects/:project_id',
      ...at.org(
        {
          tag,
          action: 'project.update',
          body: ProjectPatch,
          summary: 'Change a project',
          description: VERSION_NOTE,
          ok: { status: 200, schema: Project },
          errors: ['PROJECT_NOT_FOUND', 'USER_NOT_FOUND', 'NAME_TAKEN', 'VERSION_CONFLICT'],
        },
        async (call) => {
          const input = { patch: call.body, ...versioned(call) }
          const { result } = await call.command('project.update', input)
          return { body: result, headers: { ETag: `"${result.version}"` } }
        },
      ),
    )

    .post(
      '/projects/:project_id/transition',
      ...at.org(
        {
          tag,
          action: 'project.transition',
          body: ProjectTransition,
          summary: 'Move a project to another stage',
          description: 'One stage forward or any number back. A refusal lists the stages that are allowed.',
          ok: { status: 200, schema: Project },
          errors: ['PROJECT_NOT_FOUND', 'VERSION_CONFLICT', 'INVALID_TRANSITION', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) =>
          created(
            await call.command('project.transition', { ...call.body, ...versioned(call) }),
            undefined,
            200,
          ),
      ),
    )

    .delete(
      '/projects/:project_id',
      ...at.org(
        {
          tag,
          action: 'project.delete',
          summary: 'End of life',
          description: 'Hides the project from boards for good; nothing leads back.',
          ok: { status: 204 },
          errors: ['PROJECT_NOT_FOUND', 'VERSION_CONFLICT'],
        },
        async (call) => {
          await call.command('project.archive', versioned(call))
          return {}
        },
      ),
    )

    .get(
      '/projects/:project_id/users',
      ...at.org(
        {
          tag,
          action: 'project.read_users',
          query: Type.Object(PAGE),
          summary: 'Members assigned to a project',
          description: 'Who reads the project’s channel besides administrators.',
          ok: { status: 200, schema: PageOf(User) },
          errors: ['PROJECT_NOT_FOUND'],
        },
        async (call) => {
          const id = call.params.project_id ?? ''
          if (!(await findProject(deps.database, call.org_id, id))) throw notFound('project')
          return { body: await listUsers(deps.database, call.org_id, { ...call.query, project_id: id }) }
        },
      ),
    )

    .put(
      '/projects/:project_id/users/:user_id',
      ...at.org(
        {
          tag,
          action: 'project.assign',
          summary: 'Assign a member',
          description:
            'Opens the project’s channel and its history to the member, at once. For administrators and those assigned themselves.',
          ok: { status: 200, schema: Project },
          errors: ['PROJECT_NOT_FOUND', 'USER_NOT_FOUND', 'FORBIDDEN', 'VERSION_CONFLICT'],
        },
        async (call) => {
          const { result } = await call.command('project.assign', {
            ...versioned(call),
            user_id: userOf(call),
          })
          return { body: result }
        },
      ),
    )

    .delete(
      '/projects/:project_id/users/:user_id',
      ...at.org(
        {
          tag,
          action: 'project.assign',
          summary: 'Take a member off a project',
          description: 'Closes the project’s channel to the member, at once.',
          ok: { status: 204 },
          errors: ['PROJECT_NOT_FOUND', 'USER_NOT_FOUND', 'FORBIDDEN', 'VERSION_CONFLICT'],
        },
        async (call) => {
          await call.command('project.unassign', { ...versioned(call), user_id: userOf(call) })
          return {}
        },
      ),
    )
}

/** The project in the path, in the version of `If-Match`. */
const versioned = (call: Pick<OrgCall<unknown, unknown>, 'params' | 'request'>) => ({
  id: idOf(call, 'project_id'),
  ...ifMatch(call.request),
})

function userOf({ params, principal }: Pick<OrgCall<unknown, unknown>, 'params' | 'principal'>): string {
  return params.user_id === 'me' ? (principal.id ?? '') : (params.user_id ?? '')
}
