import { signEmailLink, signResetLink } from '../auth/account-links.ts'
import { hashLinkToken, inviteToken } from '../auth/link-tokens.ts'
import { signUnsubscribeLink } from '../auth/unsubscribe-links.ts'
import { Accounts } from '../db/queries/accounts.ts'
import { AccountEmails } from '../db/writes/account-emails.ts'
import { invitePage } from '../domain/mail/app-links.ts'
import type { Node } from '../node.ts'
import type { AccountMailPorts } from '../workers/jobs/send-account-email.ts'
import type { MailPorts } from '../workers/jobs/send-email.ts'
import { accountMail } from '../workers/mail/account-content.ts'
import { SmtpMailer } from '../workers/mail/mailer.ts'
import type { PreparedMail } from '../workers/mail/prepare.ts'
import { smtpServer } from '../workers/mail/smtp-url.ts'

/** What the job that sends mails works with; it sends nothing without a mail server. */
export function createMail({ config, database, secrets, metrics }: Node): MailPorts {
  const { public_url } = config
  const { hostname } = new URL(public_url)
  const mailer = mailerOf(config)
  const sender = config.email_from
  return {
    inOrg: (org_id, run) => database.withOrg(org_id, run),
    links: {
      public_url,
      inviteUrl({ id, token_hash }) {
        const token = inviteToken(secrets.pepper, id)
        return hashLinkToken(token) === token_hash ? invitePage(public_url, token) : undefined
      },
      unsubscribeToken: (of) => signUnsubscribeLink(secrets.pepper, of),
    },
    send:
      mailer === undefined
        ? null
        : ({ id, org_name, from_address, ...mail }: PreparedMail, signal) =>
            mailer.send(
              {
                ...mail,
                message_id: `<${id}@${hostname}>`,
                from: { name: `${org_name} (Mission Control)`, address: from_address ?? sender },
                sender,
              },
              signal,
            ),
    counted: (outcome) => metrics.mailed(outcome),
  }
}

/** The same for mails to accounts, which the server sends in its own name. */
export function createAccountMail({ config, database, secrets, metrics }: Node): AccountMailPorts {
  const { public_url, email_from: sender } = config
  const { hostname } = new URL(public_url)
  const mailer = mailerOf(config)
  const [key] = secrets.jwt
  if (!key) throw new Error('unreachable: there is a first secret')
  const ports = {
    accounts: new Accounts(database),
    public_url,
    resetToken: (link: Parameters<typeof signResetLink>[1]) => signResetLink(key.secret, link),
    emailToken: (link: Parameters<typeof signEmailLink>[1]) => signEmailLink(key.secret, link),
    now: Date.now,
  }
  return {
    emails: new AccountEmails(database),
    content: (email) => accountMail(ports, email),
    send:
      mailer === undefined
        ? null
        : ({ id, address, content }, signal) =>
            mailer.send(
              {
                message_id: `<${id}@${hostname}>`,
                from: { name: 'Mission Control', address: sender },
                sender,
                to: { name: '', address },
                content,
                unsubscribe_url: null,
              },
              signal,
            ),
    counted: (outcome) => metrics.mailed(outcome),
  }
}

function mailerOf({ smtp_url, public_url }: Node['config']): SmtpMailer | undefined {
  if (smtp_url === undefined) return undefined
  return new SmtpMailer(smtpServer(smtp_url), { client_name: new URL(public_url).hostname })
}
