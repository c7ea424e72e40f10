import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { notFound } from '../../../contracts/errors.ts'
import { newId } from '../../../contracts/ids.ts'
import { SetPasswordBody } from '../../../contracts/requests.ts'
import { Closed, Nullable } from '../../../contracts/schema.ts'
import {
  checkOpensByPassword,
  checkTakesPasswords,
  opensByPassword,
  signInRule,
} from '../../../domain/sign-in.ts'
import { networkOf } from '../../client-ip.ts'
import type { Deps } from '../../deps.ts'
import { endpoints } from '../../endpoint.ts'
import { isLinkToken } from '../../one-time-link.ts'
import { type AccountLink, accountOfLink, setByLink, signedLink } from './account-link.ts'
import { accountOf, checkPassword, SignedInOrStep, type SignIn, TAG as tag, userAgent } from './sign-in.ts'

/** One-time links with which a member sets a new password. */
export function signInLinkRoutes(deps: Deps, sign_in: SignIn) {
  const at = endpoints(deps)
  const { accounts } = deps

  async function usableLink(token: string) {
    if (!isLinkToken(token)) throw notFound('invite')
    const link = await accounts.invite(await deps.hashToken(token))
    if (
      link?.purpose !== 'password' ||
      link.accepted_at !== null ||
      Date.parse(link.expires_at) <= Date.now()
    )
      throw notFound('invite')
    const { permissions } = await deps.edges.current(link.org_id)
    checkTakesPasswords(signInRule(permissions.settings))
    return link
  }

  /** The account of a signed link. One in a mail is refused where a password lets in nowhere: the operator knows better. */
  async function usableAccount(link: AccountLink) {
    const account = await accountOfLink(deps, link)
    const memberships = await accounts.memberships(account.id)
    if (link.by === 'email') checkOpensByPassword(memberships)
    const allows = link.by === 'shell' && link.allow_password === true
    const administers = memberships.some(
      ({ role, status }) => role === 'administrator' && status === 'active',
    )
    return { account, enters: opensByPassword(memberships) || (allows && administers) }
  }

  return new Elysia({ name: 'auth.sign-in-links' })
    .get(
      '/sign-in-links/:token',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          summary: 'Whose sign-in link this is',
          description:
            'And of which organization. 409 while that lets nobody in with a password: the link stays for later.',
          ok: {
            status: 200,
            schema: Closed({
              email: Type.String(),
              display_name: Type.String(),
              org_name: Nullable(
                Type.String({ description: 'Null for a link from the shell of the server, or in a mail.' }),
              ),
              org_slug: Nullable(Type.String()),
              enters: Type.Boolean({
                description:
                  'Whether a password lets the person in: false where its organizations allow none.',
              }),
            }),
          },
          errors: ['INVITE_NOT_FOUND', 'INVALID_TRANSITION'],
        },
        async ({ params }) => {
          const signed = signedLink(deps, params.token ?? '')
          if (signed) {
            const { account, enters } = await usableAccount(signed)
            const { email, display_name } = account
            return { body: { email, display_name, org_name: null, org_slug: null, enters } }
          }
          const { email, display_name, org_name, org_slug } = await usableLink(params.token ?? '')
          return { body: { email, display_name, org_name, org_slug, enters: true } }
        },
      ),
    )

    .post(
      '/sign-in-links/:token/accept',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          body: SetPasswordBody,
          summary: 'Set a new password with a sign-in link',
          description:
            'Signs in. Sessions from before end for this organization; those of the account for a link from the shell or in a mail. Where the account is a member of other organizations, those keep their password, and this one has an account of its own.',
          ok: { status: 200, schema: SignedInOrStep },
          errors: ['INVITE_NOT_FOUND', 'INVALID_TRANSITION'],
        },
        async (call) => {
          const signed = signedLink(deps, call.params.token ?? '')
          if (signed) {
            await usableAccount(signed)
            const account = await setByLink(deps, signed, call)
            return await sign_in.start(account, call)
          }
          const { params, body, ip, request } = call
          const { org_id, id: link_id, user_id, email, display_name } = await usableLink(params.token ?? '')
          await deps.limits.account(email, networkOf(ip))
          await deps.sign_in_back_off.checkGuess(email, ip)
          const { account: known, hashes } = await accountOf(deps, { email, password: body.password })
          if (!known) {
            await deps.sign_in_back_off.guessed(email, ip)
            checkPassword(body.password, { email, name: display_name })
          }
          const input = {
            user_id,
            link_id,
            password_hashes: hashes,
            new_account_id: newId(),
            ip,
            user_agent: userAgent(request),
          }
          const { result } = await deps.systemCommand(org_id, { command: 'user.set_password', input })
          deps.sessions.someEnded()
          const account = await accounts.byId(result.account_id)
          if (!account) throw new Error('unreachable: the account was just stored')
          return await sign_in.start(account, call)
        },
      ),
    )
}
