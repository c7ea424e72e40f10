import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { createOrg, createOrgOnce } from '../../commands/org-create.ts'
import { ApiError, notFound } from '../../contracts/errors.ts'
import { PageOf, pageOf } from '../../contracts/lists.ts'
import type { AuthenticatedPrincipal } from '../../contracts/principal.ts'
import { OrgCreate, OrgDelete, OrgPatch } from '../../contracts/requests.ts'
import { Org } from '../../contracts/resources.ts'
import { readOrg } from '../../db/queries/orgs.ts'
import { entered } from '../../domain/credentials.ts'
import { checkSlug } from '../../domain/slugs.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints } from '../endpoint.ts'
import { PAGE } from '../list-query.ts'

/** Organizations of the caller. */
export function orgRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Organizations'
  return new Elysia({ name: 'orgs', prefix: '/api/v1/orgs' })
    .get(
      '',
      ...at.signedIn(
        {
          tag,
          summary: 'Organizations of the caller',
          description:
            'With their settings and the caller’s role in each. A sub-agent has none: it knows its task.',
          query: Type.Object(PAGE),
          ok: { status: 200, schema: PageOf(Org) },
          errors: ['NOT_FOUND'],
        },
        async ({ principal, credential: { opened_at = Infinity }, query }) => {
          const way = principal.sign_in
          hideFromSubAgents(principal)
          const own = entered(await deps.accounts.memberships(principal.id), { opened_at, way })
          const { data: shown, pagination } = pageOf(own, query)
          const data = await deps.accounts.orgs(
            principal.id,
            shown.map((row) => row.org_id),
          )
          return { body: { data, pagination } }
        },
      ),
    )

    .post(
      '',
      ...at.signedIn(
        {
          tag,
          summary: 'Create an organization',
          body: OrgCreate,
          ok: { status: 201, schema: Org },
          description: 'The principal becomes its administrator. People only; only on a multi-tenant server.',
          errors: [
            'SINGLE_TENANT',
            'SLUG_TAKEN',
            'NAME_TAKEN',
            'FORBIDDEN',
            'CSRF_VALIDATION_FAILED',
            'IDEMPOTENCY_CONFLICT',
            'OUTCOME_UNKNOWN',
            'NOT_FOUND',
          ],
        },
        async ({ principal, body, idempotency }) => {
          hideFromSubAgents(principal)
          if (principal.session_id === undefined)
            throw new ApiError('FORBIDDEN', 'Only people may create organizations.')
          if (deps.single_tenant)
            throw new ApiError('SINGLE_TENANT', 'This server holds one organization only.')
          checkSlug('/slug', body.slug)
          const account = await deps.accounts.byId(principal.id)
          if (!account) throw new ApiError('SESSION_REVOKED', 'You were signed out. Sign in again.')
          const founder = { user_id: account.id, display_name: account.display_name }
          const input = { ...body, founder }
          if (!idempotency) return { status: 201, body: (await createOrg(deps.database, input)).org }
          const { org, replayed } = await createOrgOnce(deps.database, input, idempotency)
          return created({ result: org, replayed })
        },
      ),
    )

    .get(
      '/:org_slug',
      ...at.org(
        {
          tag,
          action: 'org.read',
          summary: 'An organization with all its settings',
          description: 'What was never set has its default.',
          ok: { status: 200, schema: Org },
        },
        async ({ org_id, principal }) => {
          const org = await deps.database.readOrg(org_id, (tx) =>
            readOrg(tx, org_id, principal.role ?? 'contributor'),
          )
          // It may be deleted for good at this moment.
          if (!org) throw notFound('org')
          return { body: org }
        },
      ),
    )

    .patch(
      '/:org_slug',
      ...at.org(
        {
          tag,
          action: 'org.update',
          body: OrgPatch,
          summary: 'Change name or settings',
          description: '`settings` is a JSON Merge Patch; what comes out of it is judged whole.',
          ok: { status: 200, schema: Org },
          errors: ['NAME_TAKEN'],
        },
        async (call) => {
          const { result } = await call.command('org.update', call.body)
          return { body: result }
        },
      ),
    )

    .delete(
      '/:org_slug',
      ...at.org(
        {
          tag,
          action: 'org.delete',
          body: OrgDelete,
          summary: 'Start the deletion of an organization',
          description:
            'Read-only from now on, and removed for good at its `deletion_at`, when the grace period ends. It can be restored until then.',
          ok: { status: 204 },
          errors: ['INVALID_TRANSITION'],
        },
        async (call) => {
          await call.command('org.delete', call.body)
          return {}
        },
      ),
    )

    .post(
      '/:org_slug/restore',
      ...at.org(
        {
          tag,
          action: 'org.restore',
          summary: 'Cancel the deletion',
          description: 'Until the grace period ends; the organization is writable again.',
          ok: { status: 200, schema: Org },
          errors: ['INVALID_TRANSITION', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => created(await call.command('org.restore', null), undefined, 200),
      ),
    )

    .post(
      '/:org_slug/suspend',
      ...at.org(
        {
          tag,
          action: 'org.suspend',
          summary: 'Make an organization read-only',
          description:
            'Everything can be read, writes are refused with 409 `ORG_READ_ONLY`, until it is resumed.',
          ok: { status: 200, schema: Org },
          errors: ['INVALID_TRANSITION', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => created(await call.command('org.suspend', null), undefined, 200),
      ),
    )

    .post(
      '/:org_slug/resume',
      ...at.org(
        {
          tag,
          action: 'org.resume',
          summary: 'Make it writable again',
          description: 'Ends a suspension. To cancel a deletion, restore the organization.',
          ok: { status: 200, schema: Org },
          errors: ['INVALID_TRANSITION', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => created(await call.command('org.resume', null), undefined, 200),
      ),
    )
}

/** A sub-agent's world is its task: of organizations and their settings it learns nothing. */
function hideFromSubAgents({ kind }: AuthenticatedPrincipal): void {
  if (kind === 'sub_agent') throw notFound('resource')
}
