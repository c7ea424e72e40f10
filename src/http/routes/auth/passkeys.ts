import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { CHALLENGE_MS, type Passkeys } from '../../../auth/passkeys.ts'
import { ApiError, invalid, notFound } from '../../../contracts/errors.ts'
import { newId } from '../../../contracts/ids.ts'
import { LIMITS } from '../../../contracts/limits.ts'
import { PageOf, pageOf } from '../../../contracts/lists.ts'
import { ConfirmPasswordBody, PasskeyCreateBody, PasskeySignInBody } from '../../../contracts/requests.ts'
import { Closed, Nullable, Timestamp, Uuid } from '../../../contracts/schema.ts'
import type { Deps } from '../../deps.ts'
import { endpoints, idOf } from '../../endpoint.ts'
import { PAGE } from '../../list-query.ts'
import { recordSignIn } from '../../sign-in-records.ts'
import { confirmedAccount, ownAccount } from './own-password.ts'
import { recordChange } from './second-factor.ts'
import { SignedIn, type SignIn, TAG as tag, userAgent } from './sign-in.ts'

const Passkey = Closed({
  id: Uuid(),
  name: Type.String(),
  synced: Type.Boolean({ description: 'Kept by the provider of the device, and on its other devices too.' }),
  created_at: Timestamp(),
  last_used_at: Nullable(Timestamp()),
})

const Begun = Closed({
  token: Type.String({ description: 'Comes back with the answer of the browser, within five minutes.' }),
  options: Type.Object(
    {},
    {
      additionalProperties: true,
      description: 'As the browser takes them (WebAuthn Level 3, `parse…OptionsFromJSON`).',
    },
  ),
})

/** Passkeys of the own account, and sign-in with one. */
export function passkeyRoutes(deps: Deps, sign_in: SignIn) {
  const at = endpoints(deps)
  const { passkey_store: store } = deps

  /** Throws 409 where browsers allow no passkeys. */
  function passkeys(): Passkeys {
    if (deps.passkeys) return deps.passkeys
    throw new ApiError('INVALID_TRANSITION', 'Passkeys need an https address with a name (MC_PUBLIC_URL).')
  }

  /** One refusal for everything that is wrong with an answer. */
  const refused = () => new ApiError('INVALID_CREDENTIALS', 'This passkey does not open an account here.')

  return new Elysia({ name: 'auth.passkeys' })
    .post(
      '/passkeys/sign-in/options',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          summary: 'Begin a sign-in with a passkey',
          description: 'The same for everybody: the browser offers the passkeys that it has for this server.',
          ok: { status: 200, schema: Begun },
          errors: ['INVALID_TRANSITION', 'CSRF_VALIDATION_FAILED'],
        },
        async () => ({ body: await passkeys().beginSignIn() }),
      ),
    )

    .post(
      '/passkeys/sign-in',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          body: PasskeySignInBody,
          summary: 'Sign in with a passkey',
          description:
            'The authenticator verifies the person, so no password and no second factor is asked for. An answer works once.',
          ok: { status: 200, schema: SignedIn },
          errors: ['INVALID_CREDENTIALS', 'INVALID_TRANSITION', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { token, credential } = call.body
          const verifying = passkeys()
          const stored = await store.find(credential.id)
          const used = stored && (await verifying.verifySignIn(token, credential, stored))
          if (!stored || !used) {
            if (stored) noteFailure(stored.account_id, call)
            throw refused()
          }
          const account = await deps.accounts.byId(stored.account_id)
          if (account?.status !== 'active') throw refused()
          if (!(await deps.spend(token, CHALLENGE_MS)) || !(await store.use(stored.id, used))) throw refused()
          return await sign_in.begin(account, call, { method: 'passkey' })
        },
      ),
    )

    .get(
      '/passkeys',
      ...at.signedIn(
        {
          tag,
          summary: 'Own passkeys',
          description: 'Newest first. For people.',
          query: Type.Object(PAGE),
          ok: { status: 200, schema: PageOf(Passkey) },
        },
        async ({ principal: { id, session_id }, query }) => {
          if (session_id === undefined) throw new ApiError('UNAUTHENTICATED', 'Only people have passkeys.')
          const rows = (await store.list(id)).map(({ credential_id: _, ...row }) => row)
          return { body: pageOf(rows, query) }
        },
      ),
    )

    .post(
      '/passkeys/options',
      ...at.signedIn(
        {
          tag,
          body: ConfirmPasswordBody,
          summary: 'Begin to add a passkey to your own account',
          description: 'Takes the password. For people.',
          ok: { status: 200, schema: Begun },
          errors: ['INVALID_CREDENTIALS', 'INVALID_TRANSITION', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          // A key is refused as such, whatever the server can do.
          await ownAccount(deps, call)
          const making = passkeys()
          const account = await confirmedAccount(deps, call, call.body.current_password)
          const known = await store.list(account.id)
          if (known.length >= LIMITS.passkeys_max) throw tooMany()
          const ids = known.map(({ credential_id }) => credential_id)
          return { body: await making.beginNew(account, ids) }
        },
      ),
    )

    .post(
      '/passkeys',
      ...at.signedIn(
        {
          tag,
          body: PasskeyCreateBody,
          summary: 'Add the passkey that the browser made',
          description: `At most ${LIMITS.passkeys_max} of an account.`,
          ok: { status: 201, schema: Passkey },
          errors: ['INVALID_TRANSITION', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { token, name, credential } = call.body
          const { id: account_id } = await ownAccount(deps, call)
          const made = await passkeys().verifyNew(account_id, token, credential)
          if (!made || !(await deps.spend(token, CHALLENGE_MS)))
            throw invalid({ path: '/credential', message: 'Is no answer to a request of this server.' })
          const { transports } = credential
          const row = { ...made, id: newId(), account_id, transports, name }
          const passkey = await store.add(row, LIMITS.passkeys_max)
          if (!passkey) throw tooMany()
          await recordChange(deps, account_id, 'passkey_added', call)
          return { status: 201, body: passkey }
        },
      ),
    )

    .delete(
      '/passkeys/:id',
      ...at.signedIn(
        {
          tag,
          body: ConfirmPasswordBody,
          summary: 'Remove one of your own passkeys',
          description: 'Takes the password. Sessions that were begun with it stay.',
          ok: { status: 204 },
          errors: ['PASSKEY_NOT_FOUND', 'INVALID_ID', 'INVALID_CREDENTIALS', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { id } = await confirmedAccount(deps, call, call.body.current_password)
          if (!(await store.remove(id, idOf(call, 'id')))) throw notFound('passkey')
          await recordChange(deps, id, 'passkey_removed', call)
          return {}
        },
      ),
    )

  /** Not awaited by the answer. */
  function noteFailure(account_id: string, { request, ip }: { request: Request; ip: string }): void {
    const from = { ip, user_agent: userAgent(request) }
    deps.throttledRecord(`passkey ${account_id} ${ip}`, (count) =>
      recordSignIn(
        deps,
        account_id,
        { type: 'auth.login_failure', payload: { method: 'passkey', count } },
        from,
      ),
    )
  }
}

function tooMany(): ApiError {
  return new ApiError(
    'INVALID_TRANSITION',
    `It is stored already, or the account has ${LIMITS.passkeys_max} passkeys. Remove one first.`,
  )
}
