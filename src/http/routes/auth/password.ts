import { Elysia } from 'elysia'
import { hashPassword, verifyPassword } from '../../../auth/passwords.ts'
import { ApiError } from '../../../contracts/errors.ts'
import { PasswordBody } from '../../../contracts/requests.ts'
import type { Account } from '../../../db/queries/accounts.ts'
import type { Deps } from '../../deps.ts'
import { endpoints } from '../../endpoint.ts'
import { recordSignIn } from '../../sign-in-records.ts'
import { SignedIn, type SignIn, TAG as tag, userAgent } from './sign-in.ts'

/** Sign-in with e-mail and password. */
export function passwordRoutes(deps: Deps, sign_in: SignIn) {
  const at = endpoints(deps)
  const { accounts } = deps

  /** Not awaited by the answer: its duration must not tell that there is such an account. */
  function recordFailure(account: Account | undefined, request: Request, ip: string): void {
    if (!account) {
      deps.log.info({ ip }, 'sign-in failed for an unknown account')
      return
    }
    const from = { ip, user_agent: userAgent(request) }
    deps.throttledRecord(`sign-in ${account.id} ${ip}`, (count) => {
      const payload = { user_id: account.id, method: 'password', count } as const
      return recordSignIn(deps, account, { type: 'auth.login_failure', payload }, from)
    })
  }

  return new Elysia({ name: 'auth.password' }).post(
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
        ok: { status: 200, schema: SignedIn },
        errors: ['INVALID_CREDENTIALS', 'CSRF_VALIDATION_FAILED'],
      },
      async (call) => {
        const { body, request, ip } = call
        deps.limits.account(body.email)
        deps.sign_in_back_off.check(body.email, ip)
        const account = await accounts.byEmail(body.email)
        const usable = account?.status === 'active' ? account.password_hash : null
        // Constant work whether the account exists or not, so that the duration tells nothing.
        const verdict = await verifyPassword(usable, body.password)
        if (!verdict || !account) {
          deps.sign_in_back_off.failed(body.email, ip)
          recordFailure(account, request, ip)
          throw new ApiError('INVALID_CREDENTIALS', 'E-mail or password is wrong.')
        }
        deps.sign_in_back_off.succeeded(body.email)
        if (verdict === 'outdated') await accounts.setPassword(account.id, await hashPassword(body.password))
        return await sign_in.start(account, call)
      },
    ),
  )
}
