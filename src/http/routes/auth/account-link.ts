import type { ResetLink } from '../../../auth/account-links.ts'
import type { ShellLink } from '../../../auth/shell-links.ts'
import { ApiError, invalid, notFound } from '../../../contracts/errors.ts'
import { newId } from '../../../contracts/ids.ts'
import type { Account } from '../../../db/queries/accounts.ts'
import { signInRule } from '../../../domain/sign-in.ts'
import type { Deps } from '../../deps.ts'
import { recordSignIn } from '../../sign-in-records.ts'
import { endOtherSessions } from './end-session.ts'
import { recordChange } from './second-factor.ts'
import { checkPassword, userAgent } from './sign-in.ts'

/** A signed link for a new password of a whole account: of the server's shell, or in a mail. */
export type AccountLink = ({ by: 'shell' } & ShellLink) | ({ by: 'email' } & ResetLink)

/** The link of a token that this server signed. */
export function signedLink(
  deps: Pick<Deps, 'shellLink' | 'resetLink'>,
  token: string,
): AccountLink | undefined {
  const of_shell = deps.shellLink(token)
  if (of_shell) return { by: 'shell', ...of_shell }
  const mailed = deps.resetLink(token)
  return mailed && { by: 'email', ...mailed }
}

/** The account of a signed link. Throws 404 when there is none or the link was used, 409 when there are several. */
export async function accountOfLink(
  { accounts }: Pick<Deps, 'accounts'>,
  link: AccountLink,
): Promise<Account> {
  const account =
    link.by === 'shell' ? await accountOfShell(accounts, link) : await accountOfMail(accounts, link)
  if (!account || Date.parse(account.password_set_at ?? '1970-01-01') >= link.issued_at)
    throw notFound('invite')
  return account
}

/** An account that has got another address since is no longer that of whoever reads the mail. */
async function accountOfMail(
  accounts: Deps['accounts'],
  { account_id, email }: ResetLink,
): Promise<Account | undefined> {
  const account = await accounts.byId(account_id)
  const is_good = account?.status === 'active' && account.email.toLowerCase() === email.toLowerCase()
  return is_good ? account : undefined
}

async function accountOfShell(
  accounts: Deps['accounts'],
  { email, org_slug }: ShellLink,
): Promise<Account | undefined> {
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
  return account
}

/**
 * Sets the password of the whole account, in all of its orgs, and ends its sessions: the operator vouches for the person, or
 * the mail proves the address.
 */
export async function setByLink(
  deps: Deps,
  link: AccountLink,
  call: { request: Request; ip: string; body: { password: string } },
): Promise<Account> {
  const account = await accountOfLink(deps, link)
  const { id, email, display_name } = account
  const { password } = call.body
  checkPassword(password, { email, name: display_name })
  const password_hash = await deps.passwords.hash(email, password)
  const issued_at = new Date(link.issued_at).toISOString()
  // First: a server that dies in between leaves a link that works still.
  if (link.by === 'email') await deps.identities.proveByMail(id)
  if (!(await deps.accounts.setPasswordByLink(id, password_hash, issued_at)))
    throw invalid({ path: '/password', message: 'Use another one.' })
  await endOtherSessions(deps, id, undefined, call)
  if (link.by === 'shell' && link.without_second_factor && (await deps.second_factors.remove(id)))
    await recordChange(deps, id, 'second_factor_off', call)
  if (link.by === 'shell' && link.allow_password) await allowPasswords(deps, id, call.ip)
  const content = { type: 'auth.password_changed', payload: { by: link.by } } as const
  await recordSignIn(deps, id, content, { ip: call.ip, user_agent: userAgent(call.request) })
  return account
}

/**
 * The operator lets an administrator in again whose organizations admit providers only, of which none may be left. As that
 * administrator, whose log tells of it.
 */
async function allowPasswords(deps: Deps, account_id: string, ip: string): Promise<void> {
  for (const { org_id, user_id, display_name, role, status, sign_in } of await deps.accounts.memberships(
    account_id,
  )) {
    const { methods } = signInRule(sign_in)
    if (role !== 'administrator' || status !== 'active' || methods.includes('password')) continue
    const authentication = { allowed_oidc_providers: [...methods, 'password'] }
    await deps.command(org_id, {
      command_id: newId(),
      command: 'org.update',
      input: { settings: { authentication } },
      principal: { kind: 'human', id: user_id, display_name, org_id, role, ip },
    })
  }
}
