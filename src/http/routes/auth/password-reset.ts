import { Elysia } from 'elysia'
import { ApiError } from '../../../contracts/errors.ts'
import { PasswordResetBody } from '../../../contracts/requests.ts'
import { mailAccount } from '../../../db/writes/account-emails.ts'
import { networkOf } from '../../client-ip.ts'
import type { Deps } from '../../deps.ts'
import { endpoints } from '../../endpoint.ts'
import { TAG as tag } from './sign-in.ts'

/** A forgotten password: a mailed link. What the link does is with the other sign-in links. */
export function passwordResetRoutes(deps: Deps) {
  const at = endpoints(deps)
  return new Elysia({ name: 'auth.password-reset' }).post(
    '/password-reset',
    ...at.open(
      {
        tag,
        open: true,
        sign_in: true,
        body: PasswordResetBody,
        summary: 'Mail a link for a new password',
        description:
          'The same answer, after the same work, whether the address has an account or not. The link works once, within an hour. 409 on a server without a mail server: an administrator makes a sign-in link.',
        ok: { status: 204 },
        errors: ['INVALID_TRANSITION', 'CSRF_VALIDATION_FAILED'],
      },
      async ({ body: { email }, ip }) => {
        checkMails(deps)
        await deps.limits.passwordReset(email, networkOf(ip))
        const mail = { kind: 'password_reset', address: email, account_id: null } as const
        await deps.database.transaction((tx) => mailAccount(tx, mail))
        return {}
      },
    ),
  )
}

/** Throws 409 on a server that sends no mail. */
export function checkMails({ email_from }: Pick<Deps, 'email_from'>): void {
  if (email_from === null)
    throw new ApiError(
      'INVALID_TRANSITION',
      'This server sends no mail. Ask an administrator for a sign-in link.',
    )
}
