import { and, eq, sql as text } from 'drizzle-orm'
import { ApiError, notFound } from '../../contracts/errors.ts'
import type { Page } from '../../contracts/lists.ts'
import type { AgentDelivery, Delivery } from '../../contracts/resources.ts'
import type { DeliveryState } from '../../contracts/vocabulary.ts'
import type { Absence, QueuedDelivery, WaitingDelivery } from '../../domain/deliveries.ts'
import { nextDeliveryStates } from '../../domain/lifecycle.ts'
import type { Database, Fragment, Sql, Tx } from '../client.ts'
import { message_deliveries, messages } from '../schema/chat.ts'
import { build, given, inOrg, type Params, statement } from '../statement.ts'
import type { PageRequest } from './pages.ts'

type Report = Pick<
  typeof message_deliveries.$inferSelect,
  'channel_id' | 'seq' | 'agent_id' | 'state' | 'detail'
>
/** A delivery: a message and the agent that it is for. */
export type DeliveryPlace = Pick<Report, 'channel_id' | 'seq' | 'agent_id'>
type Place = DeliveryPlace & { org_id: string }

const REPORTED = {
  agent_id: message_deliveries.agent_id,
  state: message_deliveries.state,
  detail: message_deliveries.detail,
  updated_at: message_deliveries.updated_at,
}

const atPlace = (p: Params<Place>) =>
  and(
    inOrg(message_deliveries.org_id, p.org_id),
    eq(message_deliveries.channel_id, p.channel_id),
    eq(message_deliveries.seq, p.seq),
    eq(message_deliveries.agent_id, p.agent_id),
  )

const messageAtSeq = statement((p: Params<Omit<Place, 'agent_id'>>) =>
  build
    .select({ id: messages.id })
    .from(messages)
    .where(
      and(inOrg(messages.org_id, p.org_id), eq(messages.channel_id, p.channel_id), eq(messages.seq, p.seq)),
    ),
)

const reserve = statement((p: Params<Place>) =>
  build
    .insert(message_deliveries)
    .values({
      org_id: p.org_id,
      channel_id: p.channel_id,
      seq: p.seq,
      agent_id: p.agent_id,
      state: 'queued',
    })
    .onConflictDoNothing()
    .returning({ state: message_deliveries.state }),
)

const lock = statement((p: Params<Place>) =>
  build.select(REPORTED).from(message_deliveries).where(atPlace(p)).for('update'),
)

const report = statement((p: Params<Place & Report>) =>
  build
    .update(message_deliveries)
    .set({ state: given(p.state), detail: given(p.detail), updated_at: text`now()` })
    .where(atPlace(p))
    .returning(REPORTED),
)

/** Says since when an agent is away, which `seen.at` tells. */
const lastSeen = (sql: Sql): Fragment => sql`case when seen.at is null then 'never connected'
  else 'not connected since ' || to_char(seen.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end`

/** Whether the agent was not active within `recent_ms`: else it may be connected. */
const notRecent = (sql: Sql, recent_ms: number): Fragment =>
  sql`(seen.at is null or seen.at < now() - make_interval(secs => ${recent_ms / 1000}))`

/**
 * Stores the state `queued` of deliveries to agents that are not connected, and answers the new ones. An agent's own report
 * stays. Without a time of its own a delivery takes the agent's last activity, unless that is more recent than `recent_ms`:
 * then the agent may be connected. Text: rows of a JSON array in one statement.
 */
export async function queueDeliveries(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  waiting: readonly WaitingDelivery[],
  recent_ms: number,
): Promise<QueuedDelivery[]> {
  return await sql<QueuedDelivery[]>`
    insert into message_deliveries (org_id, channel_id, seq, agent_id, state, detail)
    select m.org_id, w.channel_id, w.seq, w.agent_id, 'queued', ${lastSeen(sql)}
    from json_to_recordset(${JSON.stringify(waiting)}::text::json)
      as w(channel_id uuid, seq bigint, agent_id uuid, since timestamptz)
    join memberships m on m.org_id = ${org_id} and m.user_id = w.agent_id
    cross join lateral (select coalesce(w.since, m.last_active_at) as at) as seen
    where w.since is not null or ${notRecent(sql, recent_ms)}
    on conflict do nothing
    returning channel_id, seq, agent_id, detail`
}

/**
 * Stores an agent's delivery state of a message. Forward only (409); repeating the state updates its detail only.
 * Throws 404 when there is no such message.
 */
export async function reportDelivery(
  { sql }: Tx,
  org_id: string,
  { channel_id, seq, agent_id, state, detail }: Report,
): Promise<{ delivery: Delivery; changed: boolean }> {
  const place = { org_id, channel_id, seq, agent_id }
  const [message] = await messageAtSeq(sql, { org_id, channel_id, seq })
  if (!message) throw notFound('message')
  // Before the lock, so two first reports of an agent are serialized.
  const [first] = await reserve(sql, place)
  const [before] = await lock(sql, place)
  if (!before) throw notFound('message')
  if (!nextDeliveryStates(before.state).includes(state)) throw notAllowed(before.state, state)
  const [delivery] = await report(sql, { ...place, state, detail })
  // An agent's bare `queued` after the server's own says nothing new; its next state follows.
  const repeated =
    before.state === state && (before.detail === detail || (state === 'queued' && detail === null))
  const changed = first !== undefined || !repeated
  return { delivery: delivery ?? before, changed }
}

/**
 * Queues a failed delivery again, as a person asks. One that is queued stays as it is; any other state is 409, no delivery
 * 404. The detail says since when the agent is away, as {@link queueDeliveries} does.
 */
export async function retryDelivery(
  { sql }: Tx,
  org_id: string,
  place: DeliveryPlace,
  absence: Absence | undefined,
  recent_ms: number,
): Promise<{ delivery: Delivery; changed: boolean }> {
  // Two retries at once are serialized: the second finds the delivery queued.
  const [before] = await lock(sql, { org_id, ...place })
  if (!before) throw notFound('message')
  if (before.state === 'queued') return { delivery: before, changed: false }
  if (before.state !== 'failed') throw notAllowed(before.state, 'queued')
  const since = absence?.since ?? null
  const [delivery] = await sql<Delivery[]>`
    update message_deliveries d set state = 'queued', updated_at = now(), detail = (
      select ${lastSeen(sql)} from memberships m
      cross join lateral (select coalesce(${since}::timestamptz, m.last_active_at) as at) as seen
      where ${absence !== undefined} and m.org_id = d.org_id and m.user_id = d.agent_id
        and (${since}::timestamptz is not null or ${notRecent(sql, recent_ms)}))
    where d.org_id = ${org_id} and d.channel_id = ${place.channel_id} and d.seq = ${place.seq}
      and d.agent_id = ${place.agent_id}
    returning d.agent_id, d.state, d.detail, d.updated_at`
  return { delivery: delivery ?? before, changed: true }
}

/** Deliveries of an agent in these channels that are not over, the one that has waited longest first. */
export async function openDeliveries(
  database: Database,
  org_id: string,
  agent_id: string,
  channel_ids: readonly string[],
  { state, page, per_page }: PageRequest & { state?: DeliveryState },
): Promise<Page<AgentDelivery>> {
  const found = await database.readOne<AgentDelivery & { total: number; place: number | null }>(
    org_id,
    // The condition on the open states is that of the index.
    (sql, org) => sql`
      with open as materialized (
        select d.channel_id, d.seq, d.agent_id, d.state, d.detail, d.updated_at,
          row_number() over (order by d.updated_at, d.channel_id, d.seq) as place
        from message_deliveries d
        where d.org_id = ${org} and d.agent_id = ${agent_id} and d.state in ('queued', 'delivered', 'working')
          and d.channel_id = any(${[...channel_ids]}) ${state ? sql`and d.state = ${state}` : sql``}
      )
      select counted.total, o.* from (select count(*) as total from open) as counted
      left join open as o on o.place > ${(page - 1) * per_page} and o.place <= ${page * per_page}
      order by o.place`,
  )
  const total = found[0]?.total ?? 0
  const data = found
    .filter(({ place }) => place !== null)
    .map(({ total: _total, place: _place, ...delivery }) => delivery)
  return { data, pagination: { page, per_page, total, total_pages: Math.ceil(total / per_page) } }
}

function notAllowed(from: DeliveryState, to: DeliveryState): ApiError {
  const allowed = nextDeliveryStates(from)
  return new ApiError('INVALID_TRANSITION', `A delivery does not go from ${from} to ${to}.`, {
    details: { from, to, allowed },
  })
}
