import { ApiError, notFound } from '../../contracts/errors.ts'
import type { Delivery } from '../../contracts/resources.ts'
import type { DeliveryState } from '../../contracts/vocabulary.ts'
import { nextDeliveryStates } from '../../domain/lifecycle.ts'
import type { Tx } from '../client.ts'

interface Report {
  channel_id: string
  seq: number
  agent_id: string
  state: DeliveryState
  detail: string | null
}

/**
 * Stores how far an agent is with a message. Forward only (409), the same state again changes nothing but its detail.
 * Throws 404 when there is no such message.
 */
export async function reportDelivery(
  { sql }: Tx,
  org_id: string,
  report: Report,
): Promise<{ delivery: Delivery; changed: boolean }> {
  const { channel_id, seq, agent_id, state, detail } = report
  const [message] = await sql`
    select 1 from messages where org_id = ${org_id} and channel_id = ${channel_id} and seq = ${seq}`
  if (!message) throw notFound('message')
  // Reserves the row first, so that two reports of the same agent are judged one after another.
  await sql`
    insert into message_deliveries (org_id, channel_id, seq, agent_id, state, detail, updated_at)
    values (${org_id}, ${channel_id}, ${seq}, ${agent_id}, 'queued', null, now()) on conflict do nothing`
  const [before] = await sql<Delivery[]>`
    select agent_id, state, detail, updated_at from message_deliveries
    where org_id = ${org_id} and channel_id = ${channel_id} and seq = ${seq} and agent_id = ${agent_id} for update`
  if (!before) throw notFound('message')
  const allowed = nextDeliveryStates(before.state)
  if (!allowed.includes(state))
    throw new ApiError('INVALID_TRANSITION', `A delivery does not go from ${before.state} to ${state}.`, {
      details: { from: before.state, to: state, allowed },
    })
  const [delivery] = await sql<Delivery[]>`
    update message_deliveries set state = ${state}, detail = ${detail}, updated_at = now()
    where org_id = ${org_id} and channel_id = ${channel_id} and seq = ${seq} and agent_id = ${agent_id}
    returning agent_id, state, detail, updated_at`
  const changed = before.state !== state || before.detail !== detail || state === 'queued'
  return { delivery: delivery ?? before, changed }
}
