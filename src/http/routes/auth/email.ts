import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { EmailLink } from '../../../auth/account-links.ts'
import { invalid, notFound } from '../../../contracts/errors.ts'
import { ChangeEmailBody, ConfirmEmailBody } from '../../../contracts/requests.ts'
import { Closed } from '../../../contracts/schema.ts'
import type { Account } from '../../../db/queries/accounts.ts'
import { mailAccount } from '../../../db/writes/account-emails.ts'
import { networkOf } from '../../client-ip.ts'
import type { Deps } from '../../deps.ts'
import { endpoints } from '../../endpoint.ts'
import { recordSignIn } from '../../sign-in-records.ts'
import { checkPasswordOf, confirmedAccount, ownAccount } from './own-password.ts'
import { checkMails } from './password-reset.ts'
import { TAG as tag, userAgent } from './sign-in.ts'
import { tellOrgs } from './tell-orgs.ts'

/** Another address for the own account: confirmed by a mail to the new one, told to the former one. */
export function emailRoutes(deps: Deps) {
  const at = endpoints(deps)
  const { accounts } = deps

  /** The account and the link of a token. A used link is older than the present address. */
  async function usableLink(token: string): Promise<EmailLink & { account: Account }> {
    const link = deps.emailLink(token)
    const account = link && (await accounts.byId(link.account_id))
    if (account?.status !== 'active' || account.email.toLowerCase() !== link?.former_email.toLowerCase())
      throw notFound('invite')
    if (Date.parse(account.email_set_at ?? '1970-01-01') >= link.issued_at) throw notFound('invite')
    return { ...link, account }
  }

  return new Elysia({ name: 'auth.email' })
    .post(
      '/email',
      ...at.signedIn(
        {
          tag,
          body: ChangeEmailBody,
          summary: 'Ask for another e-mail address of your own account',
          description:
            'Mails a link to the new address; the address changes when the link is opened and the password given. The answer does not tell whether the new address has an account. For people.',
          ok: { status: 204 },
          errors: ['INVALID_CREDENTIALS', 'INVALID_TRANSITION', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          await ownAccount(deps, call)
          checkMails(deps)
          const { email, current_password } = call.body
          const { id } = await confirmedAccount(deps, call, current_password)
          await deps.limits.passwordReset(email, networkOf(call.ip))
          const mail = { kind: 'email_confirm', address: email, account_id: id } as const
          await deps.database.transaction((tx) => mailAccount(tx, mail))
          return {}
        },
      ),
    )

    .get(
      '/email-links/:token',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          summary: 'What a mailed link for a new address is for',
          description: 'The former address and the new one.',
          ok: {
            status: 200,
            schema: Closed({
              email: Type.String(),
              former_email: Type.String(),
              display_name: Type.String(),
            }),
          },
          errors: ['INVITE_NOT_FOUND'],
        },
        async ({ params }) => {
          const { email, former_email, account } = await usableLink(params.token ?? '')
          return { body: { email, former_email, display_name: account.display_name } }
        },
      ),
    )

    .post(
      '/email-links/:token/accept',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          body: ConfirmEmailBody,
          summary: 'Confirm a new address with a mailed link',
          description:
            'Takes the password of the account, so that a mail to a mistyped address gives nothing away. The former address is told. Sessions stay.',
          ok: { status: 204 },
          errors: ['INVITE_NOT_FOUND', 'INVALID_CREDENTIALS', 'CSRF_VALIDATION_FAILED'],
        },
        async ({ params, body: { password }, request, ip }) => {
          const { account, email, former_email, issued_at } = await usableLink(params.token ?? '')
          const { id } = account
          await deps.limits.account(id, networkOf(ip))
          await checkPasswordOf(deps, account, password, ip)
          const changed = await accounts.changeEmail({
            id,
            email,
            former_email,
            password_hash: await deps.passwords.hash(email, password),
            issued_at: new Date(issued_at).toISOString(),
          })
          if (changed === 'used') throw notFound('invite')
          if (changed === 'taken') {
            // Another account of the new address has this password: that is a guess of it.
            await deps.sign_in_back_off.guessed(id, ip)
            throw invalid({
              path: '/password',
              message: 'Change your password first, then open the link again.',
            })
          }
          const content = { type: 'auth.account_changed', payload: { change: 'email' } } as const
          await recordSignIn(deps, id, content, { ip, user_agent: userAgent(request) })
          await tellOrgs(deps, id)
          return {}
        },
      ),
    )
}
