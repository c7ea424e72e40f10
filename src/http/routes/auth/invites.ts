import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { SHELL_LINK_MS, shellInviteId } from '../../../auth/shell-links.ts'
import { ApiError, invalid, notFound } from '../../../contracts/errors.ts'
import { newId } from '../../../contracts/ids.ts'
import { AcceptInviteBody } from '../../../contracts/requests.ts'
import { Closed, OneOf } from '../../../contracts/schema.ts'
import { SIGN_IN_METHODS, type SignInMethod } from '../../../contracts/vocabulary.ts'
import { readOrg } from '../../../db/queries/orgs.ts'
import { readOnly } from '../../../domain/access.ts'
import { signInRule } from '../../../domain/sign-in.ts'
import { networkOf } from '../../client-ip.ts'
import type { Deps } from '../../deps.ts'
import { endpoints } from '../../endpoint.ts'
import { findInvite, storedToken } from './invite-link.ts'
import { continueAt } from './providers.ts'
import { accountOf, ContinueAt, checkPassword, SignedInOrStep, type SignIn, TAG as tag } from './sign-in.ts'

/** Invite links: what one is for, and joining with it. */
export function inviteRoutes(deps: Deps, sign_in: SignIn) {
  const at = endpoints(deps)
  const { accounts } = deps

  /** The invite of a link; 404 when it does not exist, was used or has expired. */
  async function usableInvite(token: string) {
    const invite = await findInvite(deps, token)
    if (!invite) throw notFound('invite')
    return invite
  }

  /** The ways into an org. */
  async function methodsOf(org_id: string): Promise<SignInMethod[]> {
    const { permissions } = await deps.edges.current(org_id)
    return signInRule(permissions.settings).methods
  }

  /** The invite of a link of the shell, while it is not stored. 404 without its org. */
  async function unusedShellInvite(token: string) {
    const made = deps.shellInvite(token)
    if (!made || (await accounts.invite(await deps.hashToken(storedToken(deps, token))))) return undefined
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
    const token_hash = await deps.hashToken(storedToken(deps, token))
    const expires_at = new Date(issued_at + SHELL_LINK_MS).toISOString()
    const invite = { id: shellInviteId(token), token_hash, expires_at }
    const input = { user_id: newId(), email, display_name, role, invite }
    try {
      await deps.systemCommand(org_id, { command: 'user.invite_by_shell', input })
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
              sign_in_methods: Type.Array(OneOf(SIGN_IN_METHODS), {
                description: 'Those of this server that the organization admits.',
              }),
            }),
          },
          errors: ['INVITE_NOT_FOUND'],
        },
        async ({ params }) => {
          const token = params.token ?? ''
          const invite = (await unusedShellInvite(token)) ?? (await usableInvite(token))
          const { org_id, email, display_name, org_name, org_slug } = invite
          const sign_in_methods = (await methodsOf(org_id)).filter(
            (id) => id === 'password' || deps.providers.has(id),
          )
          return { body: { email, display_name, org_name, org_slug, sign_in_methods } }
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
            'With the password of an account of this address, that account joins; any other password makes an account of its own for this organization. The answer does not tell which. With a `provider` the answer names its page, and who signs in there joins. Nobody joins a read-only organization.',
          ok: { status: 200, schema: Type.Union([...SignedInOrStep.anyOf, ContinueAt]) },
          errors: ['INVITE_NOT_FOUND', 'ORG_READ_ONLY', 'NAME_TAKEN', 'ALREADY_MEMBER', 'FORBIDDEN'],
        },
        async (call) => {
          const { params, body, ip } = call
          const token = params.token ?? ''
          await storeShellInvite(token)
          const invite = await usableInvite(token)
          // Checked before any work; the command checks it again in the lane.
          if (invite.org_status !== 'active') throw readOnly()
          if (!(await methodsOf(invite.org_id)).includes(body.provider ?? 'password'))
            throw new ApiError('FORBIDDEN', 'This organization does not admit this way of signing in.')
          if (body.provider !== undefined) {
            if (body.password !== undefined)
              throw invalid({ path: '/password', message: 'Not together with a provider.' })
            const name = body.name === undefined ? {} : { name: body.name }
            return await continueAt(deps, body.provider, {
              purpose: { to: 'join', token, ...name },
              return_to: '/',
            })
          }
          if (body.password === undefined) throw invalid({ path: '/password', message: 'Is required.' })
          const { email } = invite
          await deps.limits.account(email, networkOf(ip))
          await deps.sign_in_back_off.checkGuess(email, ip)
          const { account: known, hashes } = await accountOf(deps, { email, password: body.password })
          if (!known) {
            // Whoever invites an address over and over guesses the passwords of its accounts.
            await deps.sign_in_back_off.guessed(email, ip)
            checkPassword(body.password, { email, name: body.name ?? invite.display_name })
          }
          const input = {
            user_id: invite.user_id,
            invite_id: invite.id,
            by: { password_hashes: hashes },
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
