import MailComposer from 'nodemailer/lib/mail-composer'
import { oneLine } from '../../domain/mail/mail-text.ts'
import type { OutgoingMail } from './mailer.ts'

/** The bytes of a mail (RFC 5322 and MIME): plain text and HTML, whatever the alphabet. */
export async function compose(mail: OutgoingMail): Promise<Buffer> {
  const { message_id, from, sender, to, content, unsubscribe_url } = mail
  const composer = new MailComposer({
    messageId: message_id,
    from: named(from),
    // The author may be an organization's address; who sends is this server.
    ...(from.address === sender ? {} : { sender }),
    to: named(to),
    subject: oneLine(content.subject),
    text: content.text,
    html: content.html,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      ...(unsubscribe_url === null ? {} : unsubscribeHeaders(unsubscribe_url)),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
    xMailer: false,
  })
  return await composer.compile().build()
}

/** One-click unsubscribe (RFC 8058). Not folded: receivers compare the line as it is. */
function unsubscribeHeaders(url: string) {
  return {
    Precedence: 'bulk',
    'List-Unsubscribe': { prepared: true, value: `<${url}>` },
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  }
}

/** Readers decode what looks like an encoded word in quotes, too (RFC 2047): it would show another name. */
const named = ({ name, address }: OutgoingMail['to']) => ({
  name: oneLine(name).replaceAll('=?', '= ?'),
  address,
})
