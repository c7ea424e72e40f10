import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { ApiError } from '../../../contracts/errors.ts'
import {
  ConfirmPasswordBody,
  SecondFactorCodeBody,
  SecondFactorOffBody,
  SecondStepBody,
} from '../../../contracts/requests.ts'
import { Closed, Nullable, Timestamp } from '../../../contracts/schema.ts'
import type { AccountChange } from '../../../contracts/vocabulary.ts'
import type { Deps } from '../../deps.ts'
import { type Call, endpoints } from '../../endpoint.ts'
import { recordSignIn } from '../../sign-in-records.ts'
import { endOtherSessions } from './end-session.ts'
import { confirmedAccount, ownAccount } from './own-password.ts'
import { SignedIn, type SignIn, TAG as tag, userAgent } from './sign-in.ts'

const RecoveryCodes = Closed({
  recovery_codes: Type.Array(Type.String(), { description: 'Shown once; each works once.' }),
})

type From = Pick<Call<unknown, unknown>, 'request' | 'ip'>

/** A change of the own sign-in, in the logs of the account's orgs. */
export async function recordChange(
  deps: Deps,
  account_id: string,
  change: AccountChange,
  { request, ip }: From,
): Promise<void> {
  const content = { type: 'auth.account_changed', payload: { change } } as const
  await recordSignIn(deps, account_id, content, { ip, user_agent: userAgent(request) })
}

/** The second factor of a local account: codes of an authenticator app, and the second step of a sign-in. */
export function secondFactorRoutes(deps: Deps, sign_in: SignIn) {
  const at = endpoints(deps)
  const { second_factors } = deps

  /** Not awaited by the answer. */
  function noteFailure(account_id: string, { request, ip }: From): void {
    const from = { ip, user_agent: userAgent(request) }
    deps.throttledRecord(`second factor ${account_id} ${ip}`, (count) =>
      recordSignIn(
        deps,
        account_id,
        { type: 'auth.login_failure', payload: { method: 'second_factor', count } },
        from,
      ),
    )
  }

  /** Takes a code; throws 401 for a wrong one, and 429 after several. */
  async function takeCode(account_id: string, code: string, call: From): Promise<void> {
    const device = deps.devices.of(call.request.headers.get('cookie'))
    // A browser that has signed in to the account before is not slowed down by whoever else knows the password.
    const known = device?.account_ids.includes(account_id) ? device.id : undefined
    await deps.second_factor_back_off.begin(account_id, known)
    const taken = await second_factors.take(account_id, code)
    if (taken === undefined) {
      noteFailure(account_id, call)
      throw new ApiError('INVALID_CREDENTIALS', 'This code is not right, or it was used.')
    }
    await deps.second_factor_back_off.succeeded(account_id, known)
    if (taken === 'recovery_code') await recordChange(deps, account_id, 'recovery_code_used', call)
  }

  return new Elysia({ name: 'auth.second-factor' })
    .post(
      '/second-factor/verify',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          body: SecondStepBody,
          summary: 'The second step of a sign-in',
          description:
            'With the token of the first step, for five minutes, and a code of the authenticator app or a recovery code. A code works once. Starts a session as the first step would.',
          ok: { status: 200, schema: SignedIn },
          errors: ['INVALID_CREDENTIALS', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { token, code } = call.body
          const account = await sign_in.accountOfStep(token)
          if (!account) throw new ApiError('INVALID_CREDENTIALS', 'The sign-in took too long. Begin again.')
          await takeCode(account.id, code, call)
          return await sign_in.finish(account, token, call)
        },
      ),
    )

    .get(
      '/second-factor',
      ...at.signedIn(
        {
          tag,
          summary: 'Whether your own account has a second factor',
          description: 'And how many recovery codes are left. For people.',
          ok: {
            status: 200,
            schema: Closed({ enabled_at: Nullable(Timestamp()), recovery_codes_left: Type.Integer() }),
          },
        },
        async (call) => ({ body: await second_factors.state((await ownAccount(deps, call)).id) }),
      ),
    )

    .post(
      '/second-factor',
      ...at.signedIn(
        {
          tag,
          body: ConfirmPasswordBody,
          summary: 'Begin to turn on a second factor',
          description:
            'A secret for an authenticator app (TOTP, RFC 6238), shown once. It does nothing until a first code has confirmed it. For people with a password.',
          ok: {
            status: 201,
            schema: Closed({
              secret: Type.String({ description: 'In base32, to be typed.' }),
              uri: Type.String({ description: 'The same as an address, for a QR code.' }),
            }),
          },
          errors: ['INVALID_CREDENTIALS', 'INVALID_TRANSITION', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { id, email } = await confirmedAccount(deps, call, call.body.current_password)
          const secret = await second_factors.begin(id)
          if (secret === undefined)
            throw new ApiError('INVALID_TRANSITION', 'The account has a second factor. Turn it off first.')
          return { status: 201, body: { secret, uri: deps.totpUri(secret, email) } }
        },
      ),
    )

    .post(
      '/second-factor/confirm',
      ...at.signedIn(
        {
          tag,
          body: SecondFactorCodeBody,
          summary: 'Turn on the second factor with its first code',
          description: 'Answers the recovery codes, once. All other sessions of the account end.',
          ok: { status: 200, schema: RecoveryCodes },
          errors: ['INVALID_CREDENTIALS', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { id, session_id } = await ownAccount(deps, call)
          await deps.limits.ownPassword(id)
          const recovery_codes = await second_factors.confirm(id, call.body.code)
          if (!recovery_codes) throw new ApiError('INVALID_CREDENTIALS', 'This code is not right.')
          await endOtherSessions(deps, id, session_id, call, 'second_factor')
          await recordChange(deps, id, 'second_factor_on', call)
          return { body: { recovery_codes } }
        },
      ),
    )

    .post(
      '/second-factor/recovery-codes',
      ...at.signedIn(
        {
          tag,
          body: ConfirmPasswordBody,
          summary: 'New recovery codes',
          description: 'The former ones end.',
          ok: { status: 200, schema: RecoveryCodes },
          errors: ['INVALID_CREDENTIALS', 'INVALID_TRANSITION', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { id } = await confirmedAccount(deps, call, call.body.current_password)
          const recovery_codes = await second_factors.renewCodes(id)
          if (!recovery_codes) throw isOff()
          await recordChange(deps, id, 'recovery_codes', call)
          return { body: { recovery_codes } }
        },
      ),
    )

    .delete(
      '/second-factor',
      ...at.signedIn(
        {
          tag,
          body: SecondFactorOffBody,
          summary: 'Turn off the second factor',
          description: 'With the password and a code, or a recovery code.',
          ok: { status: 204 },
          errors: ['INVALID_CREDENTIALS', 'INVALID_TRANSITION', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { id } = await confirmedAccount(deps, call, call.body.current_password)
          if (!(await second_factors.isOn(id))) throw isOff()
          await takeCode(id, call.body.code, call)
          await second_factors.remove(id)
          await recordChange(deps, id, 'second_factor_off', call)
          return {}
        },
      ),
    )
}

function isOff(): ApiError {
  return new ApiError('INVALID_TRANSITION', 'The account has no second factor.')
}
