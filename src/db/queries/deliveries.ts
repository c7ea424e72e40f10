import { and, eq, sql as text } from 'drizzle-orm'
import { ApiError, notFound } from '../../contracts/errors.ts'
import type { Delivery } from '../../contracts/resources.ts'
import type { QueuedDelivery, WaitingDelivery } from '../../domain/deliveries.ts'
import { nextDeliveryStates } from '../../domain/lifecycle.ts'
import type { Tx } from '../client.ts'
import { message_deliveries, messages } from '../schema/chat.ts'
import { build, given, inOrg, type Params, statement } from '../statement.ts'

type Report = Pick<
  typeof message_deliveries.$inferSelect,
  'channel_id' | 'seq' | 'agent_id' | 'state' | 'detail'
>
type Place = Pick<Report, 'channel_id' | 'seq' | 'agent_id'> & { org_id: string }

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
    select m.org_id, w.channel_id, w.seq, w.agent_id, 'queued', case when seen.at is null then 'never connected'
      else 'not connected since ' || to_char(seen.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end
    from json_to_recordset(${JSON.stringify(waiting)}::text::json)
      as w(channel_id uuid, seq bigint, agent_id uuid, since timestamptz)
    join memberships m on m.org_id = ${org_id} and m.user_id = w.agent_id
    cross join lateral (select coalesce(w.since, m.last_active_at) as at) as seen
    where w.since is not null or seen.at is null or seen.at < now() - make_interval(secs => ${recent_ms / 1000})
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
  const allowed = nextDeliveryStates(before.state)
  if (!allowed.includes(state))
    throw new ApiError('INVALID_TRANSITION', `A delivery does not go from ${before.state} to ${state}.`, {
      details: { from: before.state, to: state, allowed },
    })
  const [delivery] = await report(sql, { ...place, state, detail })
  // An agent's bare `queued` after the server's own says nothing new; its next state follows.
  const repeated =
    before.state === state && (before.detail === detail || (state === 'queued' && detail === null))
  const changed = first !== undefined || !repeated
  return { delivery: delivery ?? before, changed }
}
