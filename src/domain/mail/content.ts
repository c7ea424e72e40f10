import { document, lines, link, paragraph, subjectOf, utc } from './layout.ts'
import { html, oneLine, shortened } from './mail-text.ts'

/** Content of a mail, ready for any transport. */
export interface MailContent {
  subject: string
  text: string
  html: string
}

/** One notification of a mail. */
export interface MailItem {
  title: string
  /** The exact place in the app. */
  url: string
  /** Text of the message, or null. */
  excerpt: string | null
}

interface Frame {
  org_name: string
  /** Name of the recipient in the organization. */
  display_name: string
}

/** Characters of a message that a mail carries; the whole text is behind the link. */
const EXCERPT_MAX = 600
/** Notifications that a digest lists; the rest is counted. */
export const DIGEST_ITEMS_MAX = 50

/** The mail about one notification, or the digest of several. */
export function notificationMail(
  { org_name, display_name }: Frame,
  items: readonly MailItem[],
  links: { preferences_url: string; unsubscribe_url: string },
): MailContent {
  const [first] = items
  const listed = items.slice(0, DIGEST_ITEMS_MAX)
  const left_out = items.length - listed.length
  const what = items.length === 1 && first ? first.title : `${items.length} notifications`
  const more = left_out === 0 ? [] : [`And ${left_out} more in Mission Control.`]
  const why = `You get this mail as a member of ${org_name}.`
  return {
    subject: subjectOf(what, org_name),
    text: lines([
      `${display_name},`,
      ...listed.flatMap((item) => ['', ...itemText(item)]),
      ...more.flatMap((line) => ['', line]),
      '',
      '-- ',
      why,
      `Choose which mails you get: ${links.preferences_url}`,
      `No more mails about notifications: ${links.unsubscribe_url}`,
    ]),
    html: document(what, [
      paragraph(`${display_name},`),
      ...listed.map(itemHtml),
      ...more.map(paragraph),
      `<hr><p><small>${html(why)} ${link(links.preferences_url, 'Choose which mails you get')} · ${link(links.unsubscribe_url, 'Unsubscribe')}</small></p>`,
    ]),
  }
}

/** The mail with the link of an invite. */
export function inviteMail(
  { org_name, display_name }: Frame,
  { url, expires_at }: { url: string; expires_at: string },
): MailContent {
  const what = `You are invited to ${org_name}`
  const until = `The link works once, until ${utc(expires_at)}. Whoever has it can join as you: do not forward it.`
  const unknown = 'If you do not know who invited you, ignore this mail.'
  return {
    subject: subjectOf(what, 'Mission Control'),
    text: lines([
      `${display_name},`,
      '',
      `${what} on Mission Control. Join with this link:`,
      url,
      '',
      until,
      unknown,
    ]),
    html: document(what, [
      paragraph(`${display_name},`),
      paragraph(`${what} on Mission Control.`),
      `<p>${link(url, 'Join')}</p>`,
      paragraph(until),
      paragraph(unknown),
    ]),
  }
}

function itemText({ title, url, excerpt }: MailItem): string[] {
  const quoted = excerpt === null ? [] : shortened(excerpt, EXCERPT_MAX).split('\n')
  return [oneLine(title), ...quoted.map((line) => `> ${line}`), url]
}

function itemHtml({ title, url, excerpt }: MailItem): string {
  const quoted =
    excerpt === null
      ? ''
      : `<blockquote dir="auto" style="white-space:pre-wrap;margin:8px 0;padding-left:12px;border-left:3px solid">${html(shortened(excerpt, EXCERPT_MAX))}</blockquote>`
  return `<div style="margin:16px 0"><strong dir="auto">${html(oneLine(title))}</strong>${quoted}<p style="margin:8px 0">${link(url, 'Open in Mission Control')}</p></div>`
}
