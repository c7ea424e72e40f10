import type { ShellLink } from '../../../auth/shell-links.ts'
import { ApiError, invalid, notFound } from '../../../contracts/errors.ts'
import type { Account } from '../../../db/queries/accounts.ts'
import type { Deps } from '../../deps.ts'
import { recordSignIn } from '../../sign-in-records.ts'
import { endOtherSessions } from './end-session.ts'
import { checkPassword, userAgent } from './sign-in.ts'

/** The account of a link from the shell. Throws 404 when there is none or the link was used, 409 when there are several. */
export async function accountOfLink(
  { accounts }: Pick<Deps, 'accounts'>,
  { email, org_slug, issued_at }: ShellLink,
): Promise<Account> {
  const known = await accounts.byEmail(email)
  const org_id = org_slug === undefined ? undefined : await accounts.orgId(org_slug)
  const found: Account[] = []
  for (const account of known)
    if (org_slug === undefined || (org_id && (await accounts.memberOf(org_id, account.id))))
      found.push(account)
  const [account, ...others] = found
  if (others.length > 0)
    throw new ApiError(
      'INVALID_TRANSITION',
      'Several accounts have this address. Make the link with --org and an organization of the account.',
    )
  if (!account || Date.parse(account.password_set_at ?? '1970-01-01') >= issued_at) throw notFound('invite')
  return account
}

/** Sets the password of the whole account, in all of its orgs, and ends its sessions: the operator vouches for the person. */
export async function setByShell(
  deps: Deps,
  link: ShellLink,
  call: { request: Request; ip: string; body: { password: string } },
): Promise<Account> {
  const account = await accountOfLink(deps, link)
  const { id, email, display_name } = account
  const { password } = call.body
  checkPassword(password, { email, name: display_name })
  const password_hash = await deps.passwords.hash(email, password)
  const issued_at = new Date(link.issued_at).toISOString()
  if (!(await deps.accounts.setPasswordByLink(id, password_hash, issued_at)))
    throw invalid({ path: '/password', message: 'Use another one.' })
  await endOtherSessions(deps, id, undefined, call)
  const content = { type: 'auth.password_changed', payload: { by: 'shell' } } as const
  await recordSignIn(deps, id, content, { ip: call.ip, user_agent: userAgent(call.request) })
  return account
}
