import type { Language } from '../../contracts/vocabulary.ts'
import { document, lines, link, paragraph, subjectOf, utc } from './layout.ts'
import { html, oneLine, shortened } from './mail-text.ts'
import { MAIL_TEXTS, titleIn } from './texts/index.ts'

/** Content of a mail, ready for any transport. */
export interface MailContent {
  subject: string
  text: string
  html: string
}

/** One notification of a mail. */
export interface MailItem {
  /** As it is stored, in English. */
  title: string
  /** Where it happened, when that is a message. */
  channel_name?: string | null
  /** The exact place in the app. */
  url: string
  /** Text of the message, or null. */
  excerpt: string | null
}

interface Frame {
  org_name: string
  /** Name of the recipient in the organization. */
  display_name: string
  /** Of the recipient; English when left out. */
  language?: Language | null
}

/** Characters of a message that a mail carries; the whole text is behind the link. */
const EXCERPT_MAX = 600
/** Notifications that a digest lists; the rest is counted. */
export const DIGEST_ITEMS_MAX = 50

/** The mail about one notification, or the digest of several. */
export function notificationMail(
  { org_name, display_name, language: chosen }: Frame,
  items: readonly MailItem[],
  links: { preferences_url: string; unsubscribe_url: string },
): MailContent {
  const language = chosen ?? 'en'
  const { notifications: texts } = MAIL_TEXTS[language]
  const titled = items.slice(0, DIGEST_ITEMS_MAX).map(({ title, channel_name, ...item }) => {
    const told = titleIn(language, title)
    return { ...item, title: channel_name ? texts.in_channel(told, channel_name) : told }
  })
  const [first] = titled
  const left_out = items.length - titled.length
  const what = items.length === 1 && first ? first.title : texts.count(items.length)
  const more = left_out === 0 ? [] : [texts.more(left_out)]
  const why = texts.why(org_name)
  return {
    subject: subjectOf(what, org_name),
    text: lines([
      `${display_name},`,
      ...titled.flatMap((item) => ['', ...itemText(item)]),
      ...more.flatMap((line) => ['', line]),
      '',
      '-- ',
      why,
      `${texts.choose}: ${links.preferences_url}`,
      `${texts.no_more}: ${links.unsubscribe_url}`,
    ]),
    html: document(language, what, [
      paragraph(`${display_name},`),
      ...titled.map((item) => itemHtml(item, texts.open)),
      ...more.map(paragraph),
      `<hr><p><small>${html(why)} ${link(links.preferences_url, texts.choose)} · ${link(links.unsubscribe_url, texts.unsubscribe)}</small></p>`,
    ]),
  }
}

/** The mail with the link of an invite. */
export function inviteMail(
  { org_name, display_name, language: chosen }: Frame,
  { url, expires_at }: { url: string; expires_at: string },
): MailContent {
  const language = chosen ?? 'en'
  const { invite: texts } = MAIL_TEXTS[language]
  const what = texts.what(org_name)
  const lead = texts.lead(org_name)
  const until = texts.until(utc(expires_at))
  return {
    subject: subjectOf(what, 'Mission Control'),
    text: lines([`${display_name},`, '', `${lead} ${texts.by_link}`, url, '', until, texts.unknown]),
    html: document(language, what, [
      paragraph(`${display_name},`),
      paragraph(lead),
      `<p>${link(url, texts.join)}</p>`,
      paragraph(until),
      paragraph(texts.unknown),
    ]),
  }
}

type ToldItem = Omit<MailItem, 'channel_name'>

function itemText({ title, url, excerpt }: ToldItem): string[] {
  const quoted = excerpt === null ? [] : shortened(excerpt, EXCERPT_MAX).split('\n')
  return [oneLine(title), ...quoted.map((line) => `> ${line}`), url]
}

function itemHtml({ title, url, excerpt }: ToldItem, open: string): string {
  const quoted =
    excerpt === null
      ? ''
      : `<blockquote dir="auto" style="white-space:pre-wrap;margin:8px 0;padding-left:12px;border-left:3px solid">${html(shortened(excerpt, EXCERPT_MAX))}</blockquote>`
  return `<div style="margin:16px 0"><strong dir="auto">${html(oneLine(title))}</strong>${quoted}<p style="margin:8px 0">${link(url, open)}</p></div>`
}
