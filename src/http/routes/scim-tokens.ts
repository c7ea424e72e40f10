import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { generateScimToken, hashScimToken } from '../../auth/scim-tokens.ts'
import { newId } from '../../contracts/ids.ts'
import { PageOf } from '../../contracts/lists.ts'
import { ScimTokenCreate } from '../../contracts/requests.ts'
import { ScimToken } from '../../contracts/resources.ts'
import { Closed, Nullable } from '../../contracts/schema.ts'
import { listScimTokens } from '../../db/queries/scim.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints, idOf } from '../endpoint.ts'
import { PAGE } from '../list-query.ts'

/** Tokens with which identity providers keep the people of an org, see routes/scim.ts. */
export function scimTokenRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Users and keys'
  return new Elysia({ name: 'scim-tokens', prefix: '/api/v1/orgs/:org_slug' })
    .get(
      '/scim-tokens',
      ...at.org(
        {
          tag,
          action: 'scim.read',
          query: Type.Object(PAGE),
          summary: 'Tokens of identity providers, without the tokens',
          description:
            'Newest first. The service of a provider is SCIM 2.0 at `scim/v2` below the organization.',
          ok: { status: 200, schema: PageOf(ScimToken) },
        },
        async ({ org_id, query }) => ({ body: await listScimTokens(deps.database, org_id, query) }),
      ),
    )
    .post(
      '/scim-tokens',
      ...at.org(
        {
          tag,
          action: 'scim.manage',
          body: ScimTokenCreate,
          summary: 'A token for an identity provider',
          description:
            'Shown once. It adds, changes and removes people of this organization with the rights of the administrator who made it, and ends with them.',
          ok: {
            status: 201,
            schema: Closed({ ...ScimToken.properties, token: Nullable(Type.String()) }),
          },
          errors: ['IDEMPOTENCY_CONFLICT'],
        },
        async (call) => {
          const { token, prefix } = generateScimToken()
          const stored = { id: newId(), name: call.body.name, prefix, token_hash: hashScimToken(token) }
          const reply = await call.command('scim_token.create', stored)
          return created(reply, { ...reply.result, token: reply.replayed ? null : token })
        },
      ),
    )
    .delete(
      '/scim-tokens/:scim_token_id',
      ...at.org(
        {
          tag,
          action: 'scim.revoke',
          summary: 'A token dead at once',
          description: 'People stay as they are.',
          ok: { status: 204 },
          errors: ['INVALID_ID', 'SCIM_TOKEN_NOT_FOUND'],
        },
        async (call) => {
          await call.command('scim_token.revoke', { id: idOf(call, 'scim_token_id') })
          return {}
        },
      ),
    )
}
