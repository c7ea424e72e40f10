import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { inviteToken } from '../../../auth/link-tokens.ts'
import { SHELL_LINK_MS, shellInviteId } from '../../../auth/shell-links.ts'
import { invalid, notFound } from '../../../contracts/errors.ts'
import { newId } from '../../../contracts/ids.ts'
import { AcceptInviteBody } from '../../../contracts/requests.ts'
import { Closed } from '../../../contracts/schema.ts'
import { readOrg } from '../../../db/queries/orgs.ts'
import { readOnly } from '../../../domain/access.ts'
import type { Deps } from '../../deps.ts'
import { endpoints } from '../../endpoint.ts'
import { isLinkToken } from '../../one-time-link.ts'
import { accountOf, checkPassword, SignedInOrStep, type SignIn, TAG as tag } from './sign-in.ts'

/** Invite links: what one is for, and joining with it. */
export function inviteRoutes(deps: Deps, sign_in: SignIn) {
  const at = endpoints(deps)
  const { accounts } = deps

  /** A link of the shell stands for the invite whose id is derived from it. */
  const storedToken = (token: string) =>
    deps.shellInvite(token) ? inviteToken(deps.key_pepper, shellInviteId(token)) : token

  /** The invite of a link; 404 when it does not exist, was used or has expired. */
  async function usableInvite(link_token: string) {
    const token = storedToken(link_token)
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

  /** The invite of a link of the shell, while it is not stored. 404 without its org. */
  async function unusedShellInvite(token: string) {
    const made = deps.shellInvite(token)
    if (!made || (await accounts.invite(await deps.hashToken(storedToken(token))))) return undefined
    const org_id = await accounts.orgId(made.org_slug)
    const org = org_id && (await deps.database.readOrg(org_id, (tx) => readOrg(tx, org_id, 'administrator')))
    if (!org) throw notFound('invite')
    return { ...made, org_id: org.id, org_name: org.name }
  }

  /** Stores the invite of a link of the shell when it is used; from then on it is an invite like all others. */
  async function storeShellInvite(token: string): Promise<void> {
    const made = await unusedShellInvite(token)
    if (!made) return
    const { org_id, email, display_name, role, issued_at } = made
    const token_hash = await deps.hashToken(storedToken(token))
    const expires_at = new Date(issued_at + SHELL_LINK_MS).toISOString()
    const invite = { id: shellInviteId(token), token_hash, expires_at }
    const input = { user_id: newId(), email, display_name, role, invite }
    try {
      await deps.systemCommand(org_id, { command: 'user.invite_human', input })
    } catch (error) {
      // Two who open the link at once: the other one has stored it.
      if (!(await accounts.invite(token_hash))) throw error
    }
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
          const token = params.token ?? ''
          const invite = (await unusedShellInvite(token)) ?? (await usableInvite(token))
          const { email, display_name, org_name, org_slug } = invite
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
          ok: { status: 200, schema: SignedInOrStep },
          errors: ['INVITE_NOT_FOUND', 'ORG_READ_ONLY', 'NAME_TAKEN', 'ALREADY_MEMBER'],
        },
        async (call) => {
          const { params, body, ip } = call
          const token = params.token ?? ''
          await storeShellInvite(token)
          const invite = await usableInvite(token)
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
