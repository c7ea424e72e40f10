import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { invalid, notFound } from '../../../contracts/errors.ts'
import { AcceptInviteBody } from '../../../contracts/requests.ts'
import { Closed } from '../../../contracts/schema.ts'
import { readOnly } from '../../../domain/access.ts'
import type { Deps } from '../../deps.ts'
import { endpoints } from '../../endpoint.ts'
import { isLinkToken } from '../../one-time-link.ts'
import { accountOf, checkPassword, SignedIn, type SignIn, TAG as tag } from './sign-in.ts'

/** Invite links: what one is for, and joining with it. */
export function inviteRoutes(deps: Deps, sign_in: SignIn) {
  const at = endpoints(deps)
  const { accounts } = deps

  /** The invite of a link; 404 when it does not exist, was used or has expired. */
  async function usableInvite(token: string) {
    if (!isLinkToken(token)) throw notFound('invite')
    const invite = await accounts.invite(await deps.hashToken(token))
    if (
      invite?.purpose !== 'join' ||
      invite.accepted_at !== null ||
      Date.parse(invite.expires_at) <= Date.now()
    )
      throw notFound('invite')
    return invite
  }

  return new Elysia({ name: 'auth.invites' })
    .get(
      '/invites/:token',
      ...at.open(
        {
          tag,
          open: true,
          summary: 'What an invite link is for',
          description: 'Whom it invites, under which name, and to where.',
          sign_in: true,
          ok: {
            status: 200,
            schema: Closed({
              email: Type.String(),
              display_name: Type.String(),
              org_name: Type.String(),
              org_slug: Type.String(),
            }),
          },
          errors: ['INVITE_NOT_FOUND'],
        },
        async ({ params }) => {
          const { email, display_name, org_name, org_slug } = await usableInvite(params.token ?? '')
          return { body: { email, display_name, org_name, org_slug } }
        },
      ),
    )

    .post(
      '/invites/:token/accept',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          body: AcceptInviteBody,
          summary: 'Join with an invite link',
          description:
            'With the password of an account of this address, that account joins; any other password makes an account of its own for this organization. The answer does not tell which. Nobody joins a read-only organization.',
          ok: { status: 200, schema: SignedIn },
          errors: ['INVITE_NOT_FOUND', 'ORG_READ_ONLY', 'NAME_TAKEN'],
        },
        async (call) => {
          const { params, body, ip } = call
          const invite = await usableInvite(params.token ?? '')
          if (body.password === undefined) throw invalid({ path: '/password', message: 'Is required.' })
          // Checked before any work; the command checks it again in the lane.
          if (invite.org_status !== 'active') throw readOnly()
          const { email } = invite
          deps.limits.account(email, ip)
          deps.sign_in_back_off.checkGuess(email, ip)
          const { account: known, hashes } = await accountOf(deps, { email, password: body.password })
          if (!known) {
            // Whoever invites an address over and over guesses the passwords of its accounts.
            deps.sign_in_back_off.guessed(email, ip)
            checkPassword(body.password, { email, name: body.name ?? invite.display_name })
          }
          const input = {
            user_id: invite.user_id,
            invite_id: invite.id,
            password_hashes: hashes,
            ...(body.name === undefined ? {} : { display_name: body.name }),
          }
          const { result } = await deps.systemCommand(invite.org_id, { command: 'user.join', input })
          const account = await accounts.byId(result.account_id)
          if (!account) throw new Error('unreachable: the account was just stored')
          return await sign_in.start(account, call)
        },
      ),
    )
}
