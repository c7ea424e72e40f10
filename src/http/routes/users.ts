import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { notFound } from '../../contracts/errors.ts'
import { newId } from '../../contracts/ids.ts'
import { LIMITS } from '../../contracts/limits.ts'
import { PageOf } from '../../contracts/lists.ts'
import { KeyRotate, UserCreate, UserPatch } from '../../contracts/requests.ts'
import { ApiKey, User } from '../../contracts/resources.ts'
import { Closed, Nullable, OneOf, Text, Timestamp } from '../../contracts/schema.ts'
import { ROLES, USER_TYPES } from '../../contracts/vocabulary.ts'
import { listKeys } from '../../db/queries/api-keys.ts'
import { findUser, listUsers } from '../../db/queries/users.ts'
import { PICTURE_TYPES } from '../../domain/picture.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints, type OrgCall } from '../endpoint.ts'
import { PAGE } from '../list-query.ts'
import { newKey } from '../new-key.ts'
import { newInviteLink } from '../one-time-link.ts'
import { pictureAnswer } from '../picture-answer.ts'
import { INVITE_MS, targetOf } from './user-links.ts'

const UserQuery = Type.Object({
  type: Type.Optional(OneOf(USER_TYPES)),
  role: Type.Optional(OneOf(ROLES)),
  q: Type.Optional(Text(LIMITS.search_query_max, { description: 'Part of a name, username or e-mail.' })),
  ...PAGE,
})

const Created = Closed({
  ...User.properties,
  api_key: Type.Optional(Nullable(Type.String({ description: 'Agents: the key, shown once.' }))),
  invite_url: Type.Optional(Nullable(Type.String({ description: 'People: the link to join with.' }))),
})

/** Members of an org and the keys of its agents. */
export function userRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Users and keys'
  return new Elysia({ name: 'users', prefix: '/api/v1/orgs/:org_slug' })
    .get(
      '/users',
      ...at.org(
        {
          tag,
          action: 'user.list',
          query: UserQuery,
          summary: 'Members',
          description: 'People and agents, also those who were invited and did not join yet.',
          ok: { status: 200, schema: PageOf(User) },
        },
        async ({ org_id, query }) => ({
          body: await listUsers(deps.database, org_id, query),
        }),
      ),
    )

    .post(
      '/users',
      ...at.org(
        {
          tag,
          action: 'user.create',
          body: UserCreate,
          summary: 'Invite a person or add an agent',
          description:
            'A person gets an `invite_url`, an agent an `api_key`. Both are answered once and never kept. An invited person who has not joined gets a new link, and the former one ends.',
          ok: { status: 201, schema: Created },
          errors: ['ALREADY_MEMBER', 'NAME_TAKEN', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) =>
          call.body.type === 'agent'
            ? await addAgent(deps, call, call.body)
            : await invite(deps, call, call.body),
      ),
    )

    .get(
      '/users/:user_id',
      ...at.org(
        {
          tag,
          action: 'user.read',
          summary: 'A member; `me` is the caller',
          description: 'A sub-agent sees itself only.',
          ok: { status: 200, schema: User },
          errors: ['USER_NOT_FOUND'],
        },
        async (call) => {
          const user_id = targetOf(call)
          if (call.principal.kind === 'sub_agent') return { body: subAgentItself(call, user_id) }
          const user = await findUser(deps.database, call.org_id, user_id)
          if (!user) throw notFound('user')
          return { body: user }
        },
      ),
    )

    .get(
      '/users/:user_id/avatar',
      ...at.org(
        {
          tag,
          action: 'user.list',
          picture: true,
          summary: 'Picture of a member',
          description:
            'The one of `avatar_url`, with an entity tag. 404 for a member without one. Pictures have a rate of their own.',
          ok: { status: 200, content_type: PICTURE_TYPES, description: 'The picture.' },
          not_modified: true,
          errors: ['USER_NOT_FOUND'],
        },
        async (call) => {
          const picture = await deps.pictures.ofMember(call.org_id, targetOf(call))
          if (!picture) throw notFound('user')
          return { response: pictureAnswer(call, picture, deps.replier.headersFor(call.request_id)) }
        },
      ),
    )

    .patch(
      '/users/:user_id',
      ...at.org(
        {
          tag,
          action: 'user.update',
          body: UserPatch,
          summary: 'Change a member',
          description:
            'Role: an administrator. Names: an administrator or the member itself. Preferences: the member itself. A former username leads to its member for a year. Open streams follow at once.',
          ok: { status: 200, schema: User },
          errors: ['USER_NOT_FOUND', 'FORBIDDEN', 'LAST_ADMINISTRATOR', 'NAME_TAKEN'],
        },
        async (call) => {
          const { result } = await call.command('user.update', {
            user_id: targetOf(call),
            patch: call.body,
          })
          return { body: result }
        },
      ),
    )

    .delete(
      '/users/:user_id',
      ...at.org(
        {
          tag,
          action: 'user.remove',
          summary: 'Remove a member',
          description: 'Ends the membership, its keys and its open streams.',
          ok: { status: 204 },
          errors: ['USER_NOT_FOUND', 'LAST_ADMINISTRATOR'],
        },
        async (call) => {
          await call.command('user.remove', { user_id: targetOf(call) })
          return {}
        },
      ),
    )

    .get(
      '/users/:user_id/api-keys',
      ...at.org(
        {
          tag,
          action: 'key.list',
          uncompressed: true,
          query: Type.Object(PAGE),
          summary: 'Keys of an agent, without the keys',
          description: 'Prefix, last use and end of each. A key itself is shown once, when it is made.',
          ok: { status: 200, schema: PageOf(ApiKey) },
          errors: ['USER_NOT_FOUND'],
        },
        async (call) => {
          const user_id = targetOf(call)
          if (!call.edge.permissions.member(user_id)) throw notFound('user')
          return { body: await listKeys(deps.database, call.org_id, user_id, call.query) }
        },
      ),
    )

    .post(
      '/users/:user_id/api-keys/rotate',
      ...at.org(
        {
          tag,
          action: 'key.rotate',
          body: KeyRotate,
          body_optional: true,
          summary: 'A new key; the old one goes on for a while',
          description:
            'The new key is shown once. Those before it end after `grace_hours`: at once with 0, after the time in the organization’s settings when it is left out.',
          ok: {
            status: 201,
            schema: Closed({ api_key: Nullable(Type.String()), previous_expires_at: Nullable(Timestamp()) }),
          },
          errors: ['USER_NOT_FOUND', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => {
          const { key, stored } = await newKey(deps, 'live')
          const reply = await call.command('key.rotate', {
            user_id: targetOf(call),
            key: stored,
            ...call.body,
          })
          return created(reply, { api_key: reply.replayed ? null : key, ...reply.result })
        },
      ),
    )

    .delete(
      '/users/:user_id/api-keys',
      ...at.org(
        {
          tag,
          action: 'key.revoke',
          summary: 'All keys of a member dead at once, its streams closed',
          description: 'For a key that leaked; the agent goes on with a new one.',
          ok: { status: 204 },
          errors: ['USER_NOT_FOUND'],
        },
        async (call) => {
          await call.command('key.revoke', { user_id: targetOf(call) })
          return {}
        },
      ),
    )
}

/** A sub-agent is no member: of its profile there is what its task gives it. Anybody else is hidden from it. */
function subAgentItself(
  { principal, edge }: Pick<OrgCall<unknown, unknown>, 'principal' | 'edge'>,
  user_id: string,
): User {
  const scope = principal.id === user_id ? edge.permissions.scope(user_id) : undefined
  if (!scope) throw notFound('user')
  return {
    id: user_id,
    type: 'agent',
    username: 'sub-agent',
    display_name: principal.display_name || 'Sub-agent',
    role: 'contributor',
    status: 'active',
    last_active_at: null,
    assigned_project_ids: [...scope.project_ids],
    notification_preferences: { email: 'none' },
  }
}

async function addAgent(
  deps: Deps,
  call: OrgCall<unknown, unknown>,
  body: Extract<UserCreate, { type: 'agent' }>,
) {
  const { key, stored } = await newKey(deps, 'live')
  const { identifier, display_name, role } = body
  const reply = await call.command('user.create_agent', {
    identifier,
    display_name,
    role,
    user_id: newId(),
    key: stored,
  })
  return created(reply, { ...reply.result, api_key: reply.replayed ? null : key })
}

async function invite(
  deps: Deps,
  call: OrgCall<unknown, unknown>,
  body: Extract<UserCreate, { type: 'human' }>,
) {
  const { email, display_name, role } = body
  const { token, stored } = await newInviteLink(deps, INVITE_MS)
  const reply = await call.command('user.invite_human', {
    email,
    display_name,
    role,
    user_id: newId(),
    invite: stored,
  })
  return created(reply, {
    ...reply.result,
    invite_url: reply.replayed ? null : `${deps.public_url}/invite/${token}`,
  })
}
