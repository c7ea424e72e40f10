import type { Language } from '../../contracts/vocabulary.ts'
import type { MailContent } from './content.ts'
import { document, lines, link, paragraph, subjectOf } from './layout.ts'
import { MAIL_TEXTS, type MailTexts } from './texts/index.ts'

const SERVER = 'Mission Control'

/** An account of an address, by the orgs that it is a member of. */
export interface ResetItem {
  org_names: readonly string[]
  url: string
}

/** Names of orgs that a line holds; the rest is counted. */
const NAMES_MAX = 5

/** The mail to whoever forgot a password: a link for each account of the address. */
export function passwordResetMail(accounts: readonly ResetItem[], language: Language = 'en'): MailContent {
  const texts = MAIL_TEXTS[language]
  const { what, why, account_in } = texts.reset
  const note = `${accounts.length === 1 ? texts.the_link : texts.each_link} ${texts.once}`
  const named = accounts.map(({ org_names, url }) => ({ url, title: account_in(listed(texts, org_names)) }))
  return {
    subject: subjectOf(what, SERVER),
    text: lines([why, ...named.flatMap(({ title, url }) => ['', `${title}:`, url]), '', note, texts.unasked]),
    html: document(language, what, [
      paragraph(why),
      ...named.map(({ title, url }) => `${paragraph(title)}<p>${link(url, what)}</p>`),
      paragraph(note),
      paragraph(texts.unasked),
    ]),
  }
}

/** The mail to the new address of an account, with the link that confirms it. */
export function emailConfirmMail(
  person: { display_name: string; former_email: string; url: string },
  language: Language = 'en',
): MailContent {
  const { display_name, former_email, url } = person
  const texts = MAIL_TEXTS[language]
  const { what } = texts.confirm
  const why = texts.confirm.why(display_name, former_email)
  const note = `${texts.the_link} ${texts.once}`
  return {
    subject: subjectOf(what, SERVER),
    text: lines([why, '', url, '', note, texts.unasked]),
    html: document(language, what, [
      paragraph(why),
      `<p>${link(url, texts.confirm.link)}</p>`,
      paragraph(note),
      paragraph(texts.unasked),
    ]),
  }
}

/** The mail to the former address of an account. */
export function emailChangedMail(
  person: { display_name: string; email: string },
  language: Language = 'en',
): MailContent {
  const { what, told: telling, unasked } = MAIL_TEXTS[language].changed
  const told = telling(person.display_name, person.email)
  return {
    subject: subjectOf(what, SERVER),
    text: lines([told, '', unasked]),
    html: document(language, what, [paragraph(told), paragraph(unasked)]),
  }
}

function listed({ more: counted }: MailTexts, names: readonly string[]): string {
  const shown = names.slice(0, NAMES_MAX)
  const more = names.length - shown.length
  return [...shown, ...(more > 0 ? [counted(more)] : [])].join(', ')
}
