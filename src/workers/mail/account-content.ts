import type { EmailLink, ResetLink } from '../../auth/account-links.ts'
import type { Language } from '../../contracts/vocabulary.ts'
import type { Accounts } from '../../db/queries/accounts.ts'
import type { ClaimedAccountEmail } from '../../db/writes/account-emails.ts'
import { emailChangedMail, emailConfirmMail, passwordResetMail } from '../../domain/mail/account-mails.ts'
import { emailLinkPage, signInLinkPage } from '../../domain/mail/app-links.ts'
import type { MailContent } from '../../domain/mail/content.ts'

interface Ports {
  accounts: Pick<Accounts, 'byEmail' | 'byId' | 'memberships'>
  public_url: string
  resetToken(link: ResetLink): string
  emailToken(link: EmailLink): string
  /** Milliseconds since 1970. */
  now(): number
}

/** What a mail to an account says, decided when it is sent. Undefined when there is nobody to say it to. */
export async function accountMail(
  ports: Ports,
  { kind, address, account_id }: ClaimedAccountEmail,
): Promise<MailContent | undefined> {
  if (kind === 'password_reset') return await resetMail(ports, address)
  const account = account_id === null ? undefined : await ports.accounts.byId(account_id)
  if (account?.status !== 'active') return undefined
  const { id, display_name, email } = account
  const language = account.language ?? 'en'
  if (kind === 'email_changed') return emailChangedMail({ display_name, email }, language)
  const token = ports.emailToken({
    account_id: id,
    former_email: email,
    email: address,
    issued_at: ports.now(),
  })
  const url = emailLinkPage(ports.public_url, token)
  return emailConfirmMail({ display_name, former_email: email, url }, language)
}

/**
 * The address may have several accounts: its owner decides which of them gets a new password. The mail is in the language of
 * the first one that has one.
 */
async function resetMail(ports: Ports, address: string): Promise<MailContent | undefined> {
  const { accounts, public_url } = ports
  const items = []
  let language: Language | null = null
  for (const { id, email, status, language: chosen } of await accounts.byEmail(address)) {
    if (status !== 'active') continue
    const token = ports.resetToken({ account_id: id, email, issued_at: ports.now() })
    const memberships = await accounts.memberships(id)
    const org_names = memberships.filter((one) => one.status === 'active').map(({ name }) => name)
    if (org_names.length === 0) continue
    items.push({ org_names, url: signInLinkPage(public_url, token) })
    language ??= chosen
  }
  return items.length === 0 ? undefined : passwordResetMail(items, language ?? 'en')
}
