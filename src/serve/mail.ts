import { hashLinkToken, inviteToken } from '../auth/link-tokens.ts'
import { signUnsubscribeLink } from '../auth/unsubscribe-links.ts'
import { invitePage } from '../domain/mail/app-links.ts'
import type { Node } from '../node.ts'
import type { MailPorts } from '../workers/jobs/send-email.ts'
import { SmtpMailer } from '../workers/mail/mailer.ts'
import type { PreparedMail } from '../workers/mail/prepare.ts'
import { smtpServer } from '../workers/mail/smtp-url.ts'

/** What the job that sends mails works with; it sends nothing without a mail server. */
export function createMail({ config, database, secrets, metrics }: Node): MailPorts {
  const { smtp_url, public_url } = config
  const { hostname } = new URL(public_url)
  const mailer =
    smtp_url === undefined ? undefined : new SmtpMailer(smtpServer(smtp_url), { client_name: hostname })
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
