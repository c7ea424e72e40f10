import type { Page } from '../../contracts/lists.ts'
import type { Notification } from '../../contracts/resources.ts'
import type { Fragment, OneReader, OrgRef, Sql, Tx } from '../client.ts'
import { allOf, type PageRequest, readPage } from './pages.ts'

/** A user's notifications; those of messages only in `channel_ids`, which it may read now. */
export interface Notified {
  org_id: string
  user_id: string
  channel_ids: readonly string[]
}

/** Condition on the notification `n`. Text: a list of channels inside JSON. */
function own(sql: Sql, org: OrgRef, { user_id, channel_ids }: Notified): Fragment {
  return sql`
    n.org_id = ${org} and n.user_id = ${user_id}
    and (n.type <> 'message.mention' or (n.resource ->> 'channel_id')::uuid = any(${[...channel_ids]}))`
}

/** Newest first, all of them or the unread ones. */
export async function listNotifications(
  database: OneReader,
  of: Notified,
  request: PageRequest & { unread: boolean },
): Promise<Page<Notification>> {
  return await readPage<Notification>(database, of.org_id, request, {
    matching: (sql, org) => sql`
      select n.id, n.event_sequence from notifications n
      where ${allOf(sql, [own(sql, org, of), request.unread ? sql`n.read_at is null` : undefined])}`,
    order: (sql) => sql`m.event_sequence desc, m.id desc`,
    rows: (sql, org) => sql`
      select x.id, x.type, x.event_sequence, x.resource, x.title, x.read_at, x.created_at
      from notifications x where x.org_id = ${org}`,
  })
}

/** Marks one as read, and answers it with the time of its first reading; undefined when it is not the user's. */
export async function readNotification(
  { sql }: Tx,
  of: Notified,
  id: string,
): Promise<{ notification: Notification; changed: boolean } | undefined> {
  const [row] = await sql<(Notification & { changed: boolean })[]>`
    with found as (
      select n.id, n.read_at from notifications n where ${own(sql, of.org_id, of)} and n.id = ${id} for update)
    update notifications x set read_at = coalesce(found.read_at, now())
    from found where x.org_id = ${of.org_id} and x.id = found.id
    returning x.id, x.type, x.event_sequence, x.resource, x.title, x.read_at, x.created_at,
              found.read_at is null as changed`
  if (!row) return undefined
  const { changed, ...notification } = row
  return { notification, changed }
}

/** Notifications that became read by one request, and when. */
export interface NewlyRead {
  ids: string[]
  read_at: string | null
}

type ReadRow = { id: string; read_at: string }

/** Marks as read what is unread, of events up to `up_to`, which is everything when it is undefined. */
export async function readNotifications({ sql }: Tx, of: Notified, up_to?: number): Promise<NewlyRead> {
  return newlyRead(
    await sql<ReadRow[]>`
      update notifications n set read_at = now()
      where ${allOf(sql, [
        own(sql, of.org_id, of),
        sql`n.read_at is null`,
        up_to === undefined ? undefined : sql`n.event_sequence <= ${up_to}`,
      ])}
      returning n.id, n.read_at`,
  )
}

/** Marks as read what tells of messages up to the read marker of their channel, in the transaction of the marker. */
export async function readMentions(
  { sql }: Tx,
  {
    org_id,
    user_id,
    channel_id,
    read_seq,
  }: Omit<Notified, 'channel_ids'> & {
    channel_id: string
    read_seq: number
  },
): Promise<NewlyRead> {
  return newlyRead(
    await sql<ReadRow[]>`
      update notifications n set read_at = now()
      where n.org_id = ${org_id} and n.user_id = ${user_id} and n.read_at is null and n.type = 'message.mention'
        and (n.resource ->> 'channel_id')::uuid = ${channel_id} and (n.resource ->> 'seq')::bigint <= ${read_seq}
      returning n.id, n.read_at`,
  )
}

function newlyRead(rows: readonly ReadRow[]): NewlyRead {
  return { ids: rows.map(({ id }) => id), read_at: rows[0]?.read_at ?? null }
}
