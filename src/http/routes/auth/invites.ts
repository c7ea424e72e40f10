import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { hashPassword, verifyPassword } from '../../../auth/passwords.ts'
import { ApiError, invalid, notFound } from '../../../contracts/errors.ts'
import { AcceptInviteBody } from '../../../contracts/requests.ts'
import { Closed } from '../../../contracts/schema.ts'
import { readOnly } from '../../../domain/access.ts'
import type { Deps } from '../../deps.ts'
import { endpoints } from '../../endpoint.ts'
import { checkPassword, SignedIn, type SignIn, TAG as tag } from './sign-in.ts'

/** Invite links: what one is for, and joining with it. */
export function inviteRoutes(deps: Deps, sign_in: SignIn) {
  const at = endpoints(deps)
  const { accounts } = deps

  /** The invite of a link; 404 when it does not exist, was used or has expired. */
  async function usableInvite(token: string) {
    if (!/^[A-Za-z0-9_-]{20,100}$/.test(token)) throw notFound('invite')
    const invite = await accounts.invite(await deps.hashToken(token))
    if (!invite || invite.accepted_at !== null || Date.parse(invite.expires_at) <= Date.now())
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
          description: 'Whom it invites, to where, and whether that person has an account already.',
          sign_in: true,
          ok: {
            status: 200,
            schema: Closed({
              email: Type.String(),
              org_name: Type.String(),
              org_slug: Type.String(),
              account_exists: Type.Boolean(),
            }),
          },
          errors: ['INVITE_NOT_FOUND'],
        },
        async ({ params }) => {
          const invite = await usableInvite(params.token ?? '')
          const account = await accounts.byId(invite.user_id)
          const rows = await accounts.memberships(invite.user_id)
          const org = rows.find((row) => row.org_id === invite.org_id)
          if (!org) throw notFound('invite')
          return {
            body: {
              email: invite.email,
              org_name: org.name,
              org_slug: org.slug,
              account_exists: account?.password_hash != null,
            },
          }
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
            'A new account needs `password`; somebody who has one signs in with it. Nobody joins a read-only organization.',
          ok: { status: 200, schema: SignedIn },
          errors: ['INVITE_NOT_FOUND', 'INVALID_CREDENTIALS', 'ORG_READ_ONLY', 'NAME_TAKEN'],
        },
        async (call) => {
          const { params, body, ip } = call
          const invite = await usableInvite(params.token ?? '')
          const account = await accounts.byId(invite.user_id)
          if (!account) throw notFound('invite')
          if (body.password === undefined) throw invalid({ path: '/password', message: 'Is required.' })
          // Checked before the account is touched; the command checks it again in the lane.
          const joins = (await accounts.memberships(account.id)).find((row) => row.org_id === invite.org_id)
          if (joins?.org_status !== 'active') throw readOnly()
          const name = body.name ?? account.display_name
          if (account.password_hash === null) {
            checkPassword(body.password, { email: account.email, name })
            await accounts.claim(account.id, await hashPassword(body.password), body.name)
          } else {
            deps.limits.account(account.email)
            deps.sign_in_back_off.check(account.email, ip)
            if (!(await verifyPassword(account.password_hash, body.password))) {
              deps.sign_in_back_off.failed(account.email, ip)
              throw new ApiError(
                'INVALID_CREDENTIALS',
                'You have an account already, and this is not its password.',
              )
            }
          }
          if (account.status === 'deactivated') await accounts.reactivate(account.id)
          const input = {
            user_id: account.id,
            invite_id: invite.id,
            ...(body.name === undefined ? {} : { display_name: body.name }),
          }
          await deps.systemCommand(invite.org_id, { command: 'user.join', input })
          return await sign_in.start({ ...account, display_name: name }, call)
        },
      ),
    )
}
