import type { MailContent } from './content.ts'
import { document, lines, link, paragraph, subjectOf } from './layout.ts'

const SERVER = 'Mission Control'
const ONCE = 'works once, within an hour. Whoever has it can use it: do not forward it.'
const UNASKED = 'If you did not ask for it, ignore this mail: nothing has changed.'

/** An account of an address, by the orgs that it is a member of. */
export interface ResetItem {
  org_names: readonly string[]
  url: string
}

/** Names of orgs that a line holds; the rest is counted. */
const NAMES_MAX = 5

/** The mail to whoever forgot a password: a link for each account of the address. */
export function passwordResetMail(accounts: readonly ResetItem[]): MailContent {
  const what = 'Set a new password'
  const why = 'Somebody, probably you, asked for a new password.'
  const note = `${accounts.length === 1 ? 'The link' : 'Each link'} ${ONCE}`
  const named = accounts.map(({ org_names, url }) => ({ url, title: `Your account in ${listed(org_names)}` }))
  return {
    subject: subjectOf(what, SERVER),
    text: lines([why, ...named.flatMap(({ title, url }) => ['', `${title}:`, url]), '', note, UNASKED]),
    html: document(what, [
      paragraph(why),
      ...named.map(({ title, url }) => `${paragraph(title)}<p>${link(url, what)}</p>`),
      paragraph(note),
      paragraph(UNASKED),
    ]),
  }
}

/** The mail to the new address of an account, with the link that confirms it. */
export function emailConfirmMail(person: {
  display_name: string
  former_email: string
  url: string
}): MailContent {
  const { display_name, former_email, url } = person
  const what = 'Confirm your new e-mail address'
  const why = `${display_name} (${former_email}) wants to sign in with this address from now on. The link asks for the password of the account.`
  const note = `The link ${ONCE}`
  return {
    subject: subjectOf(what, SERVER),
    text: lines([why, '', url, '', note, UNASKED]),
    html: document(what, [
      paragraph(why),
      `<p>${link(url, 'Confirm the address')}</p>`,
      paragraph(note),
      paragraph(UNASKED),
    ]),
  }
}

/** The mail to the former address of an account. */
export function emailChangedMail(person: { display_name: string; email: string }): MailContent {
  const what = 'Your e-mail address has changed'
  const told = `The account of ${person.display_name} has the address ${person.email} from now on; this one does not open it any more.`
  const unasked = 'If that was not you, tell an administrator of your organization at once.'
  return {
    subject: subjectOf(what, SERVER),
    text: lines([told, '', unasked]),
    html: document(what, [paragraph(told), paragraph(unasked)]),
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_MAX)
  const more = names.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
