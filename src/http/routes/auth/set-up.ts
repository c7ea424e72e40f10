import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { sameText } from '../../../auth/same-text.ts'
import { createOrg } from '../../../commands/org-create.ts'
import { ApiError } from '../../../contracts/errors.ts'
import { newId } from '../../../contracts/ids.ts'
import { SetupBody } from '../../../contracts/requests.ts'
import { Closed } from '../../../contracts/schema.ts'
import { checkSlug } from '../../../domain/slugs.ts'
import type { Deps } from '../../deps.ts'
import { endpoints } from '../../endpoint.ts'
import { checkPassword, SignedIn, type SignIn, TAG as tag } from './sign-in.ts'

/** What a browser needs to know before anybody signed in, and the set-up of an empty server. */
export function setUpRoutes(deps: Deps, sign_in: SignIn) {
  const at = endpoints(deps)
  const { accounts } = deps

  async function checkSetUp(token: string): Promise<void> {
    if (!(await accounts.none()))
      throw new ApiError('ALREADY_SET_UP', 'This server is set up already. Sign in.')
    if (!sameText(token, deps.setup_token))
      throw new ApiError(
        'INVALID_CREDENTIALS',
        'This set-up link is not valid. Use the one the server printed last.',
      )
  }

  return new Elysia({ name: 'auth.set-up' })
    .get(
      '/providers',
      ...at.open(
        {
          tag,
          open: true,
          summary: 'Sign-in methods that this server offers',
          description:
            'Also whether the server waits for its first administrator, and whether people may create organizations.',
          ok: {
            status: 200,
            schema: Closed({
              providers: Type.Array(Closed({ id: Type.String(), name: Type.String() })),
              setup_needed: Type.Boolean(),
              multi_tenant: Type.Boolean(),
              passkeys: Type.Boolean({ description: 'Whether people may sign in with a passkey.' }),
              password_reset: Type.Boolean({
                description: 'Whether the server mails a link to whoever forgot the password.',
              }),
            }),
          },
        },
        async () => ({
          body: {
            providers: [
              ...[...deps.providers.values()].map(({ id, name }) => ({ id, name })),
              { id: 'password', name: 'E-mail and password' },
            ],
            setup_needed: await accounts.none(),
            multi_tenant: !deps.single_tenant,
            passkeys: deps.passkeys !== null,
            password_reset: deps.email_from !== null,
          },
        }),
      ),
    )

    .get(
      '/setup/:token',
      ...at.open(
        {
          tag,
          open: true,
          summary: 'Whether a set-up link works',
          description: 'So that its page says at once what is wrong with it.',
          ok: { status: 204 },
          errors: ['INVALID_CREDENTIALS', 'ALREADY_SET_UP'],
        },
        async ({ params }) => {
          await checkSetUp(params.token ?? '')
          return {}
        },
      ),
    )

    .post(
      '/setup',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          body: SetupBody,
          summary: 'Set up an empty server',
          description:
            'Makes the first account, its org and the channel `general`, and signs in. The token is in the link that the server prints at start until it is used.',
          ok: { status: 201, schema: SignedIn },
          errors: ['INVALID_CREDENTIALS', 'ALREADY_SET_UP', 'SLUG_TAKEN', 'NAME_TAKEN'],
        },
        async (call) => {
          const { body } = call
          await checkSetUp(body.token)
          checkPassword(body.password, { email: body.email, name: body.name })
          checkSlug('/org_slug', body.org_slug)
          const account = { id: newId(), display_name: body.name, email: body.email, language: null }
          await createOrg(deps.database, {
            name: body.org_name,
            slug: body.org_slug,
            founder: { user_id: account.id, display_name: body.name },
            new_account: {
              email: body.email,
              password_hash: await deps.passwords.hash(body.email, body.password),
            },
            only_when_empty: true,
          })
          return await sign_in.start(account, call, 201)
        },
      ),
    )
}
