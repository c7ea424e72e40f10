import { and, eq, gt, ne, or, sql as text } from 'drizzle-orm'
import type { ReadMarker } from '../../contracts/calls.ts'
import type { Page } from '../../contracts/lists.ts'
import type { Channel } from '../../contracts/resources.ts'
import type { Fragment, OneReader, OrgRef, Sql, Tx } from '../client.ts'
import { channel_reads, channels, messages } from '../schema/chat.ts'
import { build, given, inOrg, type Params, statement } from '../statement.ts'
import { type PageRequest, readPage } from './pages.ts'

interface OfReader {
  org_id: string
  channel_id: string
  user_id: string
}

const setCounts = statement((p: Params<OfReader & { own_count: number; mention_count: number }>) =>
  build
    .update(channel_reads)
    .set({ own_count: given(p.own_count), mention_count: given(p.mention_count) })
    .where(
      and(
        inOrg(channel_reads.org_id, p.org_id),
        eq(channel_reads.channel_id, p.channel_id),
        eq(channel_reads.user_id, p.user_id),
        or(ne(channel_reads.own_count, p.own_count), ne(channel_reads.mention_count, p.mention_count)),
      ),
    ),
)

/** The last seq of a channel, and among the messages after `read_seq` the user's own and those that mention it. */
const countAfter = statement((p: Params<OfReader & { read_seq: number }>) =>
  build
    .select({
      last_seq: channels.last_seq,
      own_count: text<number>`count(*) filter (where ${messages.sender_id} = ${p.user_id}::uuid)`.as(
        'own_count',
      ),
      mention_count:
        text<number>`count(*) filter (where ${p.user_id}::uuid = any(${messages.mentions}) and ${messages.sender_id} is distinct from ${p.user_id}::uuid)`.as(
          'mention_count',
        ),
    })
    .from(channels)
    .leftJoin(
      messages,
      and(
        eq(messages.org_id, channels.org_id),
        eq(messages.channel_id, channels.id),
        gt(messages.seq, p.read_seq),
      ),
    )
    .where(and(inOrg(channels.org_id, p.org_id), eq(channels.id, p.channel_id)))
    .groupBy(channels.last_seq),
)

/** Whole channels with the user's unread counts; ends in a condition on `x`, so that callers go on with `and`. */
function channelRows(sql: Sql, org: OrgRef, user_id: string): Fragment {
  return sql`
    select x.id, x.name, x.topic, x.type, x.project_id, x.last_seq, coalesce(r.read_seq, 0) as read_seq,
           greatest(x.last_seq - coalesce(r.read_seq + r.own_count, 0), 0) as unread_count, coalesce(r.mention_count, 0) as mention_count,
           coalesce(r.rewinds, 0) as rewinds, coalesce(r.muted, false) as muted
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
    order: (sql) => sql`m.type, m.name collate "natural", m.id`,
    rows: (sql, org) => channelRows(sql, org, user_id),
  })
}

/** A user's marker of one channel. */
export interface MarkerAt {
  channel_id: string
  read_seq: number
  /** Messages of others after it, and those that mention the user. */
  unread_count: number
  mention_count: number
  rewinds: number
  muted: boolean
}

/**
 * A user's markers of channels, each with the counts up to a given seq: messages beyond it are delivered later and must
 * not be counted twice. A channel without a marker is left out.
 */
export async function readMarkers(
  database: OneReader,
  org_id: string,
  user_id: string,
  positions: readonly { id: string; last_seq: number }[],
): Promise<MarkerAt[]> {
  const ids = positions.map(({ id }) => id)
  const seqs = positions.map(({ last_seq }) => last_seq)
  return await database.readOne(
    org_id,
    (sql, org) => sql<MarkerAt[]>`
      select r.channel_id, r.read_seq, greatest(at.last_seq - r.read_seq - r.own_count + later.own, 0) as unread_count,
             greatest(r.mention_count - later.mentions, 0)::int as mention_count, r.rewinds, r.muted
      from unnest(${ids}::uuid[], ${seqs}::bigint[]) as at(channel_id, last_seq)
      join channel_reads r on r.org_id = ${org} and r.channel_id = at.channel_id and r.user_id = ${user_id}
      cross join lateral (
        select count(*) filter (where m.sender_id = ${user_id}) as own,
               count(*) filter (where ${user_id}::uuid = any(m.mentions) and m.sender_id is distinct from ${user_id}) as mentions
        from messages m
        where m.org_id = r.org_id and m.channel_id = r.channel_id and m.seq > greatest(r.read_seq, at.last_seq)
      ) as later`,
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
 * Moves a user's read marker, never back and never past the last message, and counts what stays unread. Returns the
 * marker as it is now; undefined when there is no such channel. With `rewinds` it moves only if the user has not moved it
 * back since. Text: the marker is read and moved in one round trip.
 */
export async function markRead(
  { sql }: Tx,
  org_id: string,
  channel_id: string,
  user_id: string,
  seq: number,
  rewinds: number | null = null,
): Promise<ReadMarker | undefined> {
  const [marked] = await sql<Marked[]>`
    insert into channel_reads as r (org_id, channel_id, user_id, read_seq, updated_at)
    select ${org_id}, ${channel_id}, ${user_id}, least(${seq}::bigint, last_seq), now() from channels
    where org_id = ${org_id} and id = ${channel_id}
    on conflict (org_id, channel_id, user_id) do update set
      read_seq = case when r.rewinds = coalesce(${rewinds}::bigint, r.rewinds)
                 then greatest(r.read_seq, excluded.read_seq) else r.read_seq end,
      updated_at = excluded.updated_at
    returning read_seq, rewinds`
  return marked && (await counted(sql, { org_id, channel_id, user_id }, marked))
}

/**
 * Moves a user's read marker back to before `seq` (from 1), never forward: what follows is unread again, except for the
 * user's own messages. Returns the marker as it is now; undefined when there is no such channel. Text: as above.
 */
export async function markUnread(
  { sql }: Tx,
  org_id: string,
  channel_id: string,
  user_id: string,
  seq: number,
): Promise<ReadMarker | undefined> {
  const [marked] = await sql<Marked[]>`
    insert into channel_reads as r (org_id, channel_id, user_id, read_seq, rewinds, updated_at)
    select ${org_id}, ${channel_id}, ${user_id}, 0, 1, now() from channels
    where org_id = ${org_id} and id = ${channel_id}
    on conflict (org_id, channel_id, user_id) do update set
      read_seq = least(r.read_seq, ${seq - 1}::bigint), rewinds = r.rewinds + 1, updated_at = excluded.updated_at
    returning read_seq, rewinds`
  return marked && (await counted(sql, { org_id, channel_id, user_id }, marked))
}

interface Marked {
  read_seq: number
  rewinds: number
}

/** A statement of its own, which sees every message that was stored before the marker was locked. */
async function counted(
  sql: Sql,
  reader: OfReader,
  { read_seq, rewinds }: Marked,
): Promise<ReadMarker | undefined> {
  const [counts] = await countAfter(sql, { ...reader, read_seq })
  if (!counts) return undefined
  const { last_seq, own_count, mention_count } = counts
  await setCounts(sql, { ...reader, own_count, mention_count })
  const unread_count = Math.max(0, last_seq - read_seq - own_count)
  return { read_seq, unread_count, mention_count, ...(rewinds > 0 ? { rewinds } : {}) }
}

const setMuted = statement((p: Params<OfReader & { muted: boolean }>) =>
  build
    .insert(channel_reads)
    .values({
      org_id: given(p.org_id),
      channel_id: given(p.channel_id),
      user_id: given(p.user_id),
      read_seq: 0,
      muted: given(p.muted),
    })
    .onConflictDoUpdate({
      target: [channel_reads.org_id, channel_reads.channel_id, channel_reads.user_id],
      set: { muted: given(p.muted) },
    }),
)

/** Mutes a channel for one user, or ends that. */
export async function muteChannel({ sql }: Tx, reader: OfReader, muted: boolean): Promise<void> {
  await setMuted(sql, { ...reader, muted })
}
