import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { ApiError, notFound } from '../../../contracts/errors.ts'
import { PageOf, pageOf } from '../../../contracts/lists.ts'
import type { AuthenticatedPrincipal } from '../../../contracts/principal.ts'
import { LinkIdentityBody } from '../../../contracts/requests.ts'
import { Closed, Nullable, OneOf, Timestamp, Uuid } from '../../../contracts/schema.ts'
import { PROVIDERS } from '../../../contracts/vocabulary.ts'
import type { Deps } from '../../deps.ts'
import { endpoints, idOf } from '../../endpoint.ts'
import { PAGE } from '../../list-query.ts'
import { recordSignIn } from '../../sign-in-records.ts'
import { checkOwner } from './own-password.ts'
import { checkOffered, continueAt, returnPath } from './providers.ts'
import { ContinueAt, TAG as tag, userAgent } from './sign-in.ts'

const Identity = Closed({
  id: Uuid(),
  provider: OneOf(PROVIDERS),
  email: Nullable(Type.String({ description: 'As the provider named it when the identity was added.' })),
  created_at: Timestamp(),
})

/** Identities at providers that open the own account. */
export function identityRoutes(deps: Deps) {
  const at = endpoints(deps)
  const { identities } = deps

  return new Elysia({ name: 'auth.identities' })
    .get(
      '/identities',
      ...at.signedIn(
        {
          tag,
          summary: 'Own identities at providers',
          description: 'Each of them opens the account, whatever its e-mail. For people.',
          query: Type.Object(PAGE),
          ok: { status: 200, schema: PageOf(Identity) },
        },
        async ({ principal, query }) => {
          checkPerson(principal)
          return { body: pageOf(await identities.list(principal.id), query) }
        },
      ),
    )

    .post(
      '/identities',
      ...at.signedIn(
        {
          tag,
          body: LinkIdentityBody,
          summary: 'Add an identity at a provider',
          description:
            'The answer names the page of the provider to open. When the person has signed in there, the identity opens this account. Takes the password when the last sign-in is older than ten minutes; whoever has none signs in again. For people.',
          ok: { status: 200, schema: ContinueAt },
          errors: ['INVALID_CREDENTIALS', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { principal, body } = call
          const session_id = checkPerson(principal)
          checkOffered(deps, body.provider)
          const purpose = { to: 'link', account_id: principal.id, session_id } as const
          const return_to = returnPath(body.return_to, '/return_to')
          await checkOwner(deps, call, body.current_password)
          return await continueAt(deps, body.provider, { purpose, return_to })
        },
      ),
    )

    .delete(
      '/identities/:id',
      ...at.signedIn(
        {
          tag,
          summary: 'Remove an identity',
          description:
            'It does not open the account any more. The last one of an account without a password stays.',
          ok: { status: 204 },
          errors: ['IDENTITY_NOT_FOUND', 'INVALID_ID', 'INVALID_TRANSITION', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { principal, request, ip } = call
          checkPerson(principal)
          const id = idOf(call, 'id')
          const own = (await identities.list(principal.id)).find((identity) => identity.id === id)
          const outcome = own ? await identities.unlink(principal.id, id) : 'unknown'
          if (!own || outcome === 'unknown') throw notFound('identity')
          if (outcome === 'last')
            throw new ApiError(
              'INVALID_TRANSITION',
              'It is the only way into your account. Add another one, or a password, first.',
            )
          const content = { type: 'auth.identity_unlinked', payload: { provider: own.provider } } as const
          await recordSignIn(deps, principal.id, content, { ip, user_agent: userAgent(request) })
          return {}
        },
      ),
    )
}

/** The session of a person; agents have no identities. */
function checkPerson({ session_id }: AuthenticatedPrincipal): string {
  if (session_id === undefined) throw new ApiError('UNAUTHENTICATED', 'Only people have identities.')
  return session_id
}
