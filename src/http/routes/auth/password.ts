import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { ApiError, invalid } from '../../../contracts/errors.ts'
import { ChangePasswordBody, PasswordBody } from '../../../contracts/requests.ts'
import { Closed, Nullable, Timestamp } from '../../../contracts/schema.ts'
import { networkOf } from '../../client-ip.ts'
import type { Deps } from '../../deps.ts'
import { endpoints, refusalOf } from '../../endpoint.ts'
import { recordSignIn } from '../../sign-in-records.ts'
import { endOtherSessions } from './end-session.ts'
import { confirmedAccount, passwordState, recentAccount } from './own-password.ts'
import { accountOf, checkPassword, SignedInOrStep, type SignIn, TAG as tag, userAgent } from './sign-in.ts'

/** Sign-in with e-mail and password. */
export function passwordRoutes(deps: Deps, sign_in: SignIn) {
  const at = endpoints(deps)
  const { accounts } = deps

  /** Not awaited by the answer: its duration must not tell that there is such an account. */
  async function recordFailure(email: string, request: Request, ip: string): Promise<void> {
    const known = await accounts.byEmail(email)
    if (known.length === 0) deps.log.info({ ip }, 'sign-in failed for an unknown account')
    const from = { ip, user_agent: userAgent(request) }
    for (const { id } of known)
      deps.throttledRecord(`sign-in ${id} ${ip}`, (count) =>
        recordSignIn(deps, id, { type: 'auth.login_failure', payload: { method: 'password', count } }, from),
      )
  }

  return new Elysia({ name: 'auth.password' })
    .post(
      '/password',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          body: PasswordBody,
          summary: 'Sign in with e-mail and password',
          description:
            'Starts a session in cookies; with `token_response` its token is in the body as well. An unknown account and a wrong password get the same answer.',
          ok: { status: 200, schema: SignedInOrStep },
          errors: ['INVALID_CREDENTIALS', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { body, request, ip } = call
          const { email } = body
          const slowed = await refusalOf(async () => {
            await deps.limits.account(email, networkOf(ip))
            await deps.sign_in_back_off.check(email, ip)
          })
          const device = deps.devices.of(request.headers.get('cookie'))
          const own = slowed && device ? await accounts.among(device.account_ids, email) : []
          // While others are slowed down, a browser that has signed in before may try, and enters its own account only.
          if (slowed && own.length === 0) throw slowed
          const { account, current_hash } = await accountOf(deps, body)
          if (slowed && !(account && own.includes(account.id))) throw slowed
          if (account?.status !== 'active') {
            await deps.sign_in_back_off.failed(email, ip)
            recordFailure(email, request, ip).catch((error: unknown) =>
              deps.log.failed('record a failed sign-in', error),
            )
            throw new ApiError('INVALID_CREDENTIALS', 'E-mail or password is wrong.')
          }
          if (account.password_hash !== current_hash) await accounts.renewHash(account.id, current_hash)
          return await sign_in.start(account, call)
        },
      ),
    )

    .get(
      '/password',
      ...at.signedIn(
        {
          tag,
          summary: 'Whether you have a password',
          description: 'And whether you may set a first one now. For people.',
          ok: {
            status: 200,
            schema: Closed({
              is_set: Type.Boolean(),
              allowed: Type.Boolean({ description: 'An organization of yours lets people in with one.' }),
              recent_until: Nullable(
                Timestamp(
                  'Until then a first password is set without signing in again; null when that is over.',
                ),
              ),
            }),
          },
        },
        async (call) => ({ body: await passwordState(deps, call) }),
      ),
    )

    .put(
      '/password',
      ...at.signedIn(
        {
          tag,
          body: ChangePasswordBody,
          summary: 'Change your own password',
          description:
            'Ends all other sessions of the account. Whoever has signed in with a provider only sets a first password without `current_password`, within ten minutes of a sign-in, where an organization lets people in with one. For people.',
          ok: { status: 204 },
          errors: ['INVALID_CREDENTIALS', 'INVALID_TRANSITION', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { body, ip } = call
          const { current_password } = body
          const { id, email, display_name, session_id } =
            current_password === undefined
              ? await recentAccount(deps, call)
              : await confirmedAccount(deps, call, current_password)
          checkPassword(body.new_password, { email, name: display_name }, '/new_password')
          const password_hash = await deps.passwords.hash(email, body.new_password)
          if (!(await accounts.setPassword(id, password_hash))) {
            // Another account of the address has it: that is a guess of its password.
            await deps.sign_in_back_off.guessed(id, ip)
            throw invalid({ path: '/new_password', message: 'Use another one.' })
          }
          await endOtherSessions(deps, id, session_id, call)
          const content = { type: 'auth.password_changed', payload: { by: 'owner' } } as const
          await recordSignIn(deps, id, content, { ip, user_agent: userAgent(call.request) })
          return {}
        },
      ),
    )
}
