import type { Tx } from '../../db/client.ts'
import { enqueueEmail } from '../../db/writes/emails.ts'
import {
  holdEmail,
  isSending,
  lockWaiting,
  noteFailure,
  type OpenNotification,
  openInvite,
  openNotifications,
  recentlySent,
  recipientOf,
  removeEmails,
  type StoredRecipient,
  sealEmail,
  type WaitingEmail,
} from '../../db/writes/outgoing-emails.ts'
import { placeOf, preferencesPage, unsubscribePage } from '../../domain/mail/app-links.ts'
import { inviteMail, type MailContent, notificationMail } from '../../domain/mail/content.ts'
import { DIGEST_WINDOW_MS, planMail } from '../../domain/mail/digest.ts'
import { isMailed } from '../../domain/mail/recipients.ts'

/** What the content of mails is made with. */
export interface MailLinks {
  public_url: string
  /** Address of the invite's link; undefined when its token cannot be made any more. */
  inviteUrl(invite: { id: string; token_hash: string }): string | undefined
  unsubscribeToken(of: { org_id: string; user_id: string }): string
}

/** A mail whose content is settled. */
export interface PreparedMail {
  id: string
  to: { name: string; address: string }
  org_name: string
  from_address: string | null
  content: MailContent
  unsubscribe_url: string | null
}

/** The longest attempt, with some room; one that began earlier ended with its process. */
const ATTEMPT_MS = 120_000
/** A mail waits this long for an attempt of another one of its member. */
const BESIDE_MS = 2_000

/** A second repeat of a mail that may have been delivered would be a nuisance: an administrator decides. */
const DOUBTS_MAX = 1
const DOUBTFUL =
  'The mail server took the mail twice without confirming it, so it may have been delivered. Resend it only if it was not.'

/**
 * Decides in one transaction what the job of a mail has to do. Undefined: nothing, because the mail is gone, is not wanted
 * any more, became a part of another one, or waits longer. Otherwise its content, which stays the same for this attempt.
 */
export async function prepareMail(
  tx: Tx,
  links: MailLinks,
  { org_id, email_id }: { org_id: string; email_id: string },
): Promise<PreparedMail | undefined> {
  const waiting = await lockWaiting(tx, org_id, email_id)
  const [email] = waiting
  if (!email) return undefined
  // Sealed by an attempt that did not come to its end.
  const doubts = email.doubts + (email.sealed ? 1 : 0)
  if (doubts > DOUBTS_MAX) {
    await noteFailure(tx, org_id, email.id, { reason: DOUBTFUL, final: true, unknown: true })
    return undefined
  }
  const recipient = await recipientOf(tx, org_id, email.user_id)
  return email.kind === 'invite'
    ? await invite(tx, links, org_id, { ...email, doubts }, recipient)
    : await notifications(tx, links, org_id, [{ ...email, doubts }, ...waiting.slice(1)], recipient)
}

async function invite(
  tx: Tx,
  links: MailLinks,
  org_id: string,
  email: WaitingEmail,
  recipient: StoredRecipient | undefined,
): Promise<PreparedMail | undefined> {
  const found = email.invite_id === null ? undefined : await openInvite(tx, org_id, email.invite_id)
  if (!found || !recipient) {
    await removeEmails(tx, org_id, [email.id])
    return undefined
  }
  const url = links.inviteUrl(found)
  if (url === undefined) {
    const reason = 'The secret of this server has changed since. Make a new invite link.'
    await noteFailure(tx, org_id, email.id, { reason, final: true, unknown: false })
    return undefined
  }
  await sealEmail(tx, org_id, { ...email, address: found.email })
  const content = inviteMail(recipient, { url, expires_at: found.expires_at })
  return prepared(email.id, recipient, found.email, content, null)
}

async function notifications(
  tx: Tx,
  links: MailLinks,
  org_id: string,
  waiting: readonly [WaitingEmail, ...WaitingEmail[]],
  recipient: StoredRecipient | undefined,
): Promise<PreparedMail | undefined> {
  const [email] = waiting
  const open = recipient
    ? (
        await openNotifications(
          tx,
          org_id,
          waiting.flatMap((one) => one.notification_ids),
        )
      ).filter(({ type }) => isMailed(type, recipient, recipient.settings))
    : []
  const wanted = waiting.filter((one) => open.some(({ id }) => one.notification_ids.includes(id)))
  const unwanted = waiting.filter((one) => !wanted.includes(one))
  await removeEmails(tx, org_id, idsOf(unwanted))
  if (!recipient?.address || unwanted.includes(email)) return undefined

  // One attempt at a time for each member: mails under way could not become one with this one.
  if (!email.sealed && (await isSending(tx, org_id, email, ATTEMPT_MS))) {
    await enqueueEmail(tx, org_id, email.id, new Date(Date.parse(email.now) + BESIDE_MS).toISOString())
    return undefined
  }
  const sent = await recentlySent(tx, org_id, email.user_id, DIGEST_WINDOW_MS)
  const plan = email.sealed
    ? { send: 'one' as const }
    : planMail(
        { waiting: open.length, held: wanted.some(({ held }) => held) },
        sent.map(Date.parse),
        Date.parse(email.now),
      )
  if ('wait_until' in plan) {
    const until = new Date(plan.wait_until).toISOString()
    await holdEmail(tx, org_id, email.id, until)
    return undefined
  }
  const parts = plan.send === 'digest' ? wanted : [email]
  const items = open.filter(({ id }) => parts.some((one) => one.notification_ids.includes(id)))
  await removeEmails(tx, org_id, idsOf(parts.filter((one) => one !== email)))
  await sealEmail(tx, org_id, {
    ...email,
    kind: items.length > 1 ? 'digest' : 'notification',
    notification_ids: items.map(({ id }) => id),
    address: recipient.address,
  })
  const { public_url } = links
  const unsubscribe_url = unsubscribePage(
    public_url,
    links.unsubscribeToken({ org_id, user_id: email.user_id }),
  )
  const content = notificationMail(
    recipient,
    items.map((item) => itemOf(public_url, recipient.org_slug, item)),
    { preferences_url: preferencesPage(public_url, recipient.org_slug), unsubscribe_url },
  )
  return prepared(email.id, recipient, recipient.address, content, unsubscribe_url)
}

function itemOf(
  public_url: string,
  slug: string,
  { title, resource, excerpt, channel_name }: OpenNotification,
) {
  return {
    title,
    channel_name: resource.type === 'message' ? channel_name : null,
    url: placeOf(public_url, slug, resource),
    excerpt,
  }
}

function prepared(
  id: string,
  recipient: StoredRecipient,
  address: string,
  content: MailContent,
  unsubscribe_url: string | null,
): PreparedMail {
  const { display_name: name, org_name, settings } = recipient
  const from_address = settings.email_from_address
  return { id, to: { name, address }, org_name, from_address, content, unsubscribe_url }
}

const idsOf = (emails: readonly WaitingEmail[]) => emails.map(({ id }) => id)
