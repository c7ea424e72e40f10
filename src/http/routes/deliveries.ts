import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { once } from '../../commands/idempotency.ts'
import { refusedBy } from '../../commands/message-post.ts'
import { ApiError, notFound } from '../../contracts/errors.ts'
import { PageOf } from '../../contracts/lists.ts'
import { DeliveryReport } from '../../contracts/requests.ts'
import { AgentDelivery, Delivery } from '../../contracts/resources.ts'
import { OneOf } from '../../contracts/schema.ts'
import { OPEN_DELIVERY_STATES } from '../../contracts/vocabulary.ts'
import {
  type DeliveryPlace,
  openDeliveries,
  reportDelivery,
  retryDelivery,
} from '../../db/queries/deliveries.ts'
import { RECENT_CALL_MS } from '../../edge/attendance.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints, idOf } from '../endpoint.ts'
import { PAGE } from '../list-query.ts'
import { CHANNELS_TAG, readable } from '../readable-channel.ts'

const DeliveryQuery = Type.Object({
  state: Type.Optional(OneOf(OPEN_DELIVERY_STATES, { description: 'Without it all that are not over.' })),
  ...PAGE,
})

/** How far agents are with messages: their own reports, and what people ask of them again. */
export function deliveryRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = CHANNELS_TAG

  /** Shows a changed delivery to the readers of its channel, the agent among them. */
  function show(org_id: string, place: DeliveryPlace, { state, detail }: Pick<Delivery, 'state' | 'detail'>) {
    const { channel_id } = place
    deps.ephemeral({ org_id, channel_id, frame: { type: 'delivery', ...place, state, detail } })
  }

  return new Elysia({ name: 'deliveries', prefix: '/api/v1/orgs/:org_slug' })
    .post(
      '/channels/:channel_id/messages/:seq/deliveries',
      ...at.org(
        {
          tag,
          action: 'message.deliver',
          body: DeliveryReport,
          summary: 'An agent says how far it is with a message',
          description: 'For the calling agent itself; forward only; the same state again changes nothing.',
          ok: { status: 200, schema: Delivery },
          errors: [
            'CHANNEL_NOT_FOUND',
            'MESSAGE_NOT_FOUND',
            'FORBIDDEN',
            'INVALID_TRANSITION',
            'IDEMPOTENCY_CONFLICT',
          ],
        },
        async (call) => {
          const channel_id = readable(call)
          const { principal, org_id, body, params, idempotency } = call
          if (principal.kind !== 'agent' || principal.id === null)
            throw new ApiError('FORBIDDEN', 'Only an agent reports deliveries, for itself.')
          const place = { channel_id, seq: seqOf(params), agent_id: principal.id }
          const report = { ...place, state: body.state, detail: body.detail ?? null }
          let changed = false
          const reply = await deps.database.withOrg(org_id, (tx) =>
            once(tx, org_id, report.agent_id, idempotency, async () => {
              const reported = await reportDelivery(tx, org_id, report)
              changed = reported.changed
              return reported.delivery
            }),
          )
          if (changed) show(org_id, place, report)
          return created(reply, undefined, 200)
        },
      ),
    )

    .post(
      '/channels/:channel_id/messages/:seq/deliveries/:agent_id/retry',
      ...at.org(
        {
          tag,
          action: 'message.retry',
          summary: 'Ask an agent again that failed at a message',
          description:
            'For people. The failed delivery is queued again: the agent learns of it by the frame `delivery`, and by its list of deliveries. One that is queued already stays as it is. Counts as a message for the rate limit.',
          ok: { status: 200, schema: Delivery },
          errors: [
            'CHANNEL_NOT_FOUND',
            'MESSAGE_NOT_FOUND',
            'USER_NOT_FOUND',
            'FORBIDDEN',
            'INVALID_TRANSITION',
            'IDEMPOTENCY_CONFLICT',
          ],
        },
        async (call) => {
          const channel_id = readable(call)
          const { principal, org_id, params, idempotency, edge } = call
          if (principal.kind !== 'human' || principal.id === null)
            throw new ApiError('FORBIDDEN', 'Only people ask an agent again.')
          const place = { channel_id, seq: seqOf(params), agent_id: idOf(call, 'agent_id') }
          const refusal = await deps.limits.message(principal.id)
          const caller_id = principal.id
          let queued: Delivery | undefined
          const reply = await deps.database.withOrg(org_id, (tx) =>
            once(tx, org_id, caller_id, idempotency, async () => {
              if (refusal) throw refusedBy(refusal)
              if (!edge.permissions.mayReadChannel({ kind: 'agent', id: place.agent_id }, channel_id))
                throw notFound('user')
              const absence = edge.attendance.absenceOf(place.agent_id)
              const { delivery, changed } = await retryDelivery(tx, org_id, place, absence, RECENT_CALL_MS)
              if (changed) queued = delivery
              return delivery
            }),
          )
          if (queued) show(org_id, place, queued)
          return created(reply, undefined, 200)
        },
      ),
    )

    .get(
      '/users/me/deliveries',
      ...at.org(
        {
          tag,
          action: 'delivery.list',
          query: DeliveryQuery,
          summary: 'Messages that wait for the calling agent',
          description:
            'Its deliveries that are neither answered nor failed, the one that has waited longest first. A retry by a person makes a delivery wait anew.',
          ok: { status: 200, schema: PageOf(AgentDelivery) },
          errors: ['FORBIDDEN'],
        },
        async ({ principal, rights, org_id, query }) => {
          if (principal.kind !== 'agent' || principal.id === null)
            throw new ApiError('FORBIDDEN', 'Only agents have deliveries.')
          const channel_ids = (await rights()).readableChannels(principal).map(({ id }) => id)
          return { body: await openDeliveries(deps.database, org_id, principal.id, channel_ids, query) }
        },
      ),
    )
}

/** The seq in the path; throws 400 unless it is a positive whole number. */
function seqOf(params: Record<string, string>): number {
  const seq = /^[1-9]\d{0,15}$/.test(params.seq ?? '') ? Number(params.seq) : Number.NaN
  if (!Number.isSafeInteger(seq))
    throw new ApiError('INVALID_ID', 'The seq in the path is not a positive whole number.')
  return seq
}
