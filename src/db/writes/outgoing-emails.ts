import type { Notification } from '../../contracts/resources.ts'
import type { OrgSettings } from '../../contracts/settings.ts'
import type {
  EmailKind,
  EmailPreference,
  Language,
  NotificationType,
  UserStatus,
  UserType,
} from '../../contracts/vocabulary.ts'
import type { Tx } from '../client.ts'
import { enqueueEmail } from './emails.ts'

/** A mail of a member that waits to be sent, locked. */
export interface WaitingEmail {
  id: string
  user_id: string
  kind: EmailKind
  notification_ids: string[]
  invite_id: string | null
  attempts: number
  doubts: number
  sealed: boolean
  held: boolean
  /** Of the database, now. */
  now: string
}

/** A member as a recipient, with its organization. */
export interface StoredRecipient {
  type: UserType
  status: UserStatus
  preference: EmailPreference
  preference_chosen: boolean
  display_name: string
  address: string | null
  /** Null for English: the app has not told another one. */
  language: Language | null
  org_name: string
  org_slug: string
  settings: OrgSettings['notifications']
}

/** A notification that its member has not read and may still see. */
export interface OpenNotification {
  id: string
  type: NotificationType
  title: string
  resource: Notification['resource']
  /** Text of the message; null for anything else, or when retention removed it. */
  excerpt: string | null
  /** Name of the channel; null for anything else. */
  channel_name: string | null
}

/**
 * Locks a mail that waits, and with it the other mails of its member that may still become one with it; the named one is
 * first. Locked in one order, so that jobs of one member wait for each other. Empty when the mail is gone or ended.
 */
export async function lockWaiting({ sql }: Tx, org_id: string, id: string): Promise<WaitingEmail[]> {
  const rows = await sql<WaitingEmail[]>`
    select e.id, e.user_id, e.kind, e.notification_ids, e.invite_id, e.attempts, e.doubts,
      e.sealed_at is not null as sealed, e.held, now() as now
    from emails e
    where e.org_id = ${org_id} and e.status = 'pending' and (e.id = ${id} or (
      e.kind <> 'invite' and e.sealed_at is null
      and e.user_id = (select f.user_id from emails f where f.org_id = ${org_id} and f.id = ${id} and f.kind <> 'invite' and f.sealed_at is null)))
    order by e.id for update of e`
  const named = rows.find((row) => row.id === id)
  return named ? [named, ...rows.filter((row) => row !== named)] : []
}

export async function recipientOf(
  { sql }: Tx,
  org_id: string,
  user_id: string,
): Promise<StoredRecipient | undefined> {
  const [row] = await sql<StoredRecipient[]>`
    select m.type, m.status, m.notification_preferences ->> 'email' as preference, m.preference_chosen, m.display_name,
      coalesce(a.email, u.email) as address, coalesce(a.language, u.language) as language, o.name as org_name, o.slug as org_slug, o.settings -> 'notifications' as settings
    from memberships m join users u on u.id = m.user_id left join users a on a.id = m.account_id join organizations o on o.id = m.org_id
    where m.org_id = ${org_id} and m.user_id = ${user_id}`
  return row
}

/** Of these notifications those that are unread, about something that still concerns the member and that it may see. */
export async function openNotifications(
  { sql }: Tx,
  org_id: string,
  ids: readonly string[],
): Promise<OpenNotification[]> {
  return await sql<OpenNotification[]>`
    select n.id, n.type, n.title, n.resource,
      (select left(g.content, 4000) from messages g where n.type = 'message.mention' and g.org_id = n.org_id
        and g.channel_id = (n.resource ->> 'channel_id')::uuid and g.seq = (n.resource ->> 'seq')::bigint) as excerpt,
      c.name as channel_name
    from notifications n
    join memberships m on m.org_id = n.org_id and m.user_id = n.user_id
    left join channels c on c.org_id = n.org_id and c.id = (n.resource ->> 'channel_id')::uuid
    where n.org_id = ${org_id} and n.id = any(${[...ids]}::uuid[]) and n.read_at is null
      and case n.type
        when 'message.mention' then c.id is not null and (c.project_id is null or m.role = 'administrator' or exists (
          select from project_users p where p.org_id = n.org_id and p.project_id = c.project_id and p.user_id = n.user_id))
        when 'task.assigned' then exists (
          select from task_assignees a where a.org_id = n.org_id and a.task_id = (n.resource ->> 'id')::uuid and a.user_id = n.user_id)
        else true end
    order by n.event_sequence, n.id`
}

/** The invite of a mail while its link can be used. */
export async function openInvite(
  { sql }: Tx,
  org_id: string,
  invite_id: string,
): Promise<{ id: string; email: string; token_hash: string; expires_at: string } | undefined> {
  const [row] = await sql<{ id: string; email: string; token_hash: string; expires_at: string }[]>`
    select id, email, token_hash, expires_at from invites
    where org_id = ${org_id} and id = ${invite_id} and purpose = 'join' and accepted_at is null and expires_at > now()`
  return row
}

/** When mails about notifications went to a member within the last `window_ms`. */
export async function recentlySent(
  { sql }: Tx,
  org_id: string,
  user_id: string,
  window_ms: number,
): Promise<string[]> {
  const rows = await sql<{ sent_at: string }[]>`
    select e.sent_at from emails e
    where e.org_id = ${org_id} and e.user_id = ${user_id} and e.status = 'sent' and e.kind <> 'invite'
      and e.sent_at > now() - make_interval(secs => ${window_ms / 1000})`
  return rows.map(({ sent_at }) => sent_at)
}

export async function removeEmails({ sql }: Tx, org_id: string, ids: readonly string[]): Promise<void> {
  await sql`delete from emails where org_id = ${org_id} and id = any(${[...ids]}::uuid[])`
}

/** An attempt begins: its content is settled before the first word to the mail server. */
export async function sealEmail(
  { sql }: Tx,
  org_id: string,
  email: Pick<WaitingEmail, 'id' | 'kind' | 'notification_ids' | 'doubts'> & { address: string },
): Promise<void> {
  await sql`
    update emails set kind = ${email.kind}, notification_ids = ${email.notification_ids}, address = ${email.address},
      doubts = ${email.doubts}, attempts = attempts + 1, sealed_at = now(), updated_at = now()
    where org_id = ${org_id} and id = ${email.id}`
}

/** Whether an attempt of another mail of the member is under way, begun within the last `window_ms`. */
export async function isSending(
  { sql }: Tx,
  org_id: string,
  { id, user_id }: Pick<WaitingEmail, 'id' | 'user_id'>,
  window_ms: number,
): Promise<boolean> {
  const rows = await sql`
    select 1 from emails e
    where e.org_id = ${org_id} and e.user_id = ${user_id} and e.status = 'pending' and e.kind <> 'invite' and e.id <> ${id}
      and e.sealed_at > now() - make_interval(secs => ${window_ms / 1000}) limit 1`
  return rows.length > 0
}

/** Keeps a mail back until a time, when its job runs again. */
export async function holdEmail(tx: Tx, org_id: string, id: string, until: string): Promise<void> {
  await tx.sql`update emails set held = true, updated_at = now() where org_id = ${org_id} and id = ${id}`
  await enqueueEmail(tx, org_id, id, until)
}

export async function noteSent({ sql }: Tx, org_id: string, id: string): Promise<void> {
  await sql`
    update emails set status = 'sent', sent_at = now(), updated_at = now(), sealed_at = null, last_error = null
    where org_id = ${org_id} and id = ${id} and status = 'pending'`
}

/** An attempt was in vain. Unless the outcome is unknown, the mail may still become one with others. */
export async function noteFailure(
  { sql }: Tx,
  org_id: string,
  id: string,
  { reason, final, unknown }: { reason: string; final: boolean; unknown: boolean },
): Promise<void> {
  await sql`
    update emails set status = ${final ? 'failed' : 'pending'}, last_error = ${reason}, updated_at = now(),
      sealed_at = case when ${unknown}::boolean then sealed_at end
    where org_id = ${org_id} and id = ${id} and status = 'pending'`
}
