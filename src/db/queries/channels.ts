import { and, eq, gt, ne, sql as text } from 'drizzle-orm'
import type { Page } from '../../contracts/lists.ts'
import type { Channel } from '../../contracts/resources.ts'
import type { Fragment, OneReader, OrgRef, Sql, Tx } from '../client.ts'
import { channel_reads, messages } from '../schema/chat.ts'
import { build, given, inOrg, type Params, statement } from '../statement.ts'
import { type PageRequest, readPage } from './pages.ts'

interface OfReader {
  org_id: string
  channel_id: string
  user_id: string
}

const setMentions = statement((p: Params<OfReader & { mention_count: number }>) =>
  build
    .update(channel_reads)
    .set({ mention_count: given(p.mention_count) })
    .where(
      and(
        inOrg(channel_reads.org_id, p.org_id),
        eq(channel_reads.channel_id, p.channel_id),
        eq(channel_reads.user_id, p.user_id),
        ne(channel_reads.mention_count, p.mention_count),
      ),
    ),
)

const countMentions = statement((p: Params<OfReader & { read_seq: number }>) =>
  build
    .select({ count: text<number>`count(*)`.as('count') })
    .from(messages)
    .where(
      and(
        inOrg(messages.org_id, p.org_id),
        eq(messages.channel_id, p.channel_id),
        gt(messages.seq, p.read_seq),
        text`${p.user_id}::uuid = any(${messages.mentions})`,
        text`${messages.sender_id} is distinct from ${p.user_id}`,
      ),
    ),
)

/** Whole channels with the user's unread counts; ends in a condition on `x`, so that callers go on with `and`. */
function channelRows(sql: Sql, org: OrgRef, user_id: string): Fragment {
  return sql`
    select x.id, x.name, x.type, x.project_id, x.last_seq, coalesce(r.read_seq, 0) as read_seq,
           greatest(x.last_seq - coalesce(r.read_seq, 0), 0) as unread_count, coalesce(r.mention_count, 0) as mention_count
    from channels x
    left join channel_reads r on r.org_id = x.org_id and r.channel_id = x.id and r.user_id = ${user_id}
    where x.org_id = ${org}`
}

/** Channels among `ids` with the user's unread counts: org-wide ones first, then by name. */
export async function listChannels(
  database: OneReader,
  org_id: string,
  user_id: string,
  ids: readonly string[],
  request: PageRequest,
): Promise<Page<Channel>> {
  return await readPage<Channel>(database, org_id, request, {
    matching: (sql, org) => sql`
      select c.id, c.type, c.name from channels c where c.org_id = ${org} and c.id = any(${[...ids]})`,
    order: (sql) => sql`m.type, lower(m.name), m.id`,
    rows: (sql, org) => channelRows(sql, org, user_id),
  })
}

/**
 * A user's markers of channels, each with the unread mentions up to a given seq: messages beyond it are delivered
 * later and must not be counted twice. A channel without a marker is left out.
 */
export async function readMarkers(
  database: OneReader,
  org_id: string,
  user_id: string,
  positions: readonly { id: string; last_seq: number }[],
): Promise<{ channel_id: string; read_seq: number; mention_count: number }[]> {
  const ids = positions.map(({ id }) => id)
  const seqs = positions.map(({ last_seq }) => last_seq)
  return await database.readOne(
    org_id,
    (sql, org) => sql<{ channel_id: string; read_seq: number; mention_count: number }[]>`
      select r.channel_id, r.read_seq, greatest(r.mention_count - (
        select count(*) from messages m
        where m.org_id = r.org_id and m.channel_id = r.channel_id and m.seq > greatest(r.read_seq, at.last_seq)
          and ${user_id}::uuid = any(m.mentions) and m.sender_id is distinct from ${user_id}
      ), 0)::int as mention_count
      from unnest(${ids}::uuid[], ${seqs}::bigint[]) as at(channel_id, last_seq)
      join channel_reads r on r.org_id = ${org} and r.channel_id = at.channel_id and r.user_id = ${user_id}`,
  )
}

export async function findChannel(
  database: OneReader,
  org_id: string,
  user_id: string,
  id: string,
): Promise<Channel | undefined> {
  const [channel] = await database.readOne<Channel>(
    org_id,
    (sql, org) => sql`${channelRows(sql, org, user_id)} and x.id = ${id}`,
  )
  return channel
}

/**
 * Moves a user's read marker, never back and never past the last message, and counts the mentions that stay unread.
 * Returns the marker as it is now; undefined when there is no such channel. Text: the marker is read and moved in one
 * round trip.
 */
export async function markRead(
  { sql }: Tx,
  org_id: string,
  channel_id: string,
  user_id: string,
  seq: number,
): Promise<{ read_seq: number; last_seq: number; mention_count: number } | undefined> {
  const [row] = await sql<{ read_seq: number; last_seq: number; mention_count: number }[]>`
    with channel as (
      select last_seq from channels where org_id = ${org_id} and id = ${channel_id}
    ), marked as (
      insert into channel_reads as r (org_id, channel_id, user_id, read_seq, mention_count, updated_at)
      select ${org_id}, ${channel_id}, ${user_id}, least(${seq}::bigint, last_seq), 0, now() from channel
      on conflict (org_id, channel_id, user_id) do update set
        read_seq = greatest(r.read_seq, excluded.read_seq), updated_at = excluded.updated_at
      returning read_seq
    )
    select marked.read_seq, channel.last_seq, 0 as mention_count from marked, channel`
  if (!row) return undefined
  const mention_count =
    row.read_seq >= row.last_seq
      ? 0
      : await unreadMentions({ sql }, org_id, channel_id, user_id, row.read_seq)
  await setMentions(sql, { org_id, channel_id, user_id, mention_count })
  return { ...row, mention_count }
}

async function unreadMentions(
  { sql }: Tx,
  org_id: string,
  channel_id: string,
  user_id: string,
  read_seq: number,
) {
  const [row] = await countMentions(sql, { org_id, channel_id, user_id, read_seq })
  return row?.count ?? 0
}
