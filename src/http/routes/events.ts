import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { ApiError, invalid } from '../../contracts/errors.ts'
import { type Cursor, EventEnvelope, parseCursor } from '../../contracts/events.ts'
import { LIMITS } from '../../contracts/limits.ts'
import { SliceOf } from '../../contracts/lists.ts'
import { Subscriptions, SubscriptionsPut } from '../../contracts/requests.ts'
import { Moment, OneOf, Text, Uuid } from '../../contracts/schema.ts'
import { EVENT_TYPES } from '../../contracts/vocabulary.ts'
import { listEvents } from '../../db/queries/event-list.ts'
import { readSubscriptions, writeSubscriptions } from '../../db/queries/subscriptions.ts'
import {
  CompiledFilter,
  matchesType,
  parseTopics,
  parseTypes,
  type StreamFilter,
} from '../../edge/event-filter.ts'
import { SseSink } from '../../edge/sse-sink.ts'
import type { Deps } from '../deps.ts'
import { endpoints } from '../endpoint.ts'
import { checkPageUser } from '../identity.ts'
import { sseBody } from '../stream.ts'

const EventQuery = Type.Object({
  after: Type.Optional(Text(64, { min: 0, description: '`<log>.<sequence>`: events that follow it.' })),
  order: Type.Optional(OneOf(['asc', 'desc'], { description: 'Newest first unless `asc`.' })),
  cursor: Type.Optional(Text(100, { min: 0 })),
  limit: Type.Integer({ minimum: 1, maximum: LIMITS.cursor_limit_max, default: LIMITS.cursor_limit_default }),
  project_id: Type.Optional(Uuid()),
  task_id: Type.Optional(Uuid()),
  channel_id: Type.Optional(Uuid()),
  user_id: Type.Optional(Uuid('Events by this user.')),
  type: Type.Optional(
    Type.Array(Text(64, { min: 0 }), {
      maxItems: 50,
      description: 'Repeatable; `task.*` stands for all of a kind.',
    }),
  ),
  from: Type.Optional(Moment('Not before this time.')),
  to: Type.Optional(Moment('Before this time.')),
})

const StreamQuery = Type.Object({
  as_user: Type.Optional(
    Uuid('The user that a page was drawn for, instead of `X-MC-User`: an EventSource sends no headers.'),
  ),
  last_event_id: Type.Optional(
    Text(64, { min: 0, description: 'Where to go on, when the `Last-Event-ID` header cannot be set.' }),
  ),
  topics: Type.Optional(
    Text(8_000, { min: 0, description: '`project:<id>,channel:<id>` for this connection alone.' }),
  ),
  types: Type.Optional(
    Text(2_000, { min: 0, description: '`task.*,message.created` for this connection alone.' }),
  ),
})

/** The log: as a list, as a stream, and what a user wants of it. */
export function eventRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Events and subscriptions'
  return new Elysia({ name: 'events', prefix: '/api/v1/orgs/:org_slug' })
    .get(
      '/events',
      ...at.org(
        {
          tag,
          action: 'event.read',
          query: EventQuery,
          summary: 'The event log',
          description:
            'Newest first, or with `after=<log>.<sequence>&order=asc` for polling. The same access rules as the stream.',
          ok: { status: 200, schema: SliceOf(EventEnvelope) },
          errors: ['INVALID_CURSOR'],
        },
        async ({ org_id, edge, rights, principal, query }) => {
          const types = query.type ?? []
          if (types.some((type) => parseTypes(type)?.length !== 1))
            throw invalid({ path: '/type', message: 'Is not an event type or a prefix such as task.*.' })
          const order = query.order ?? 'desc'
          const after =
            query.cursor === undefined && query.after !== undefined
              ? ownCursor(query.after, edge.log)
              : undefined
          const place = query.cursor === undefined ? undefined : pageCursor(query.cursor, edge.log)
          const { after: _after, cursor: _cursor, type: _type, from: _from, to: _to, ...rest } = query
          const permissions = await rights()
          const slice = await listEvents(deps.database, org_id, {
            ...rest,
            order,
            ...(after ? { after: after.sequence } : {}),
            ...(place === undefined ? {} : { place }),
            ...times(query),
            ...(types.length > 0 ? { types: EVENT_TYPES.filter((type) => matchesType(types, type)) } : {}),
            ...(permissions.member(principal.id)?.role === 'administrator'
              ? {}
              : { channel_ids: permissions.readableChannels(principal).map(({ id }) => id) }),
            keep: (event) => permissions.mayReadEvent(principal, event),
          })
          const next_cursor = slice.next === null ? null : `${edge.log}.${slice.next}`
          return { body: { data: slice.data, next_cursor } }
        },
      ),
    )

    .get(
      '/events/stream',
      ...at.org(
        {
          tag,
          action: 'event.read',
          query: StreamQuery,
          summary: 'The event log as Server-Sent Events',
          description:
            'Resumes after `Last-Event-ID` without a gap or a repeat; `events.reset` says when that is not possible.',
          ok: {
            status: 200,
            content_type: 'text/event-stream',
            description: 'Frames `id: <log>.<sequence>` and `data: <event>`.',
          },
          errors: ['INVALID_CURSOR', 'CONNECTION_LIMIT'],
        },
        async ({ request, request_id, edge, principal, credential, query }) => {
          checkPageUser(credential.principal, query.as_user)
          const cursor = cursorOf(request.headers.get('last-event-id') ?? query.last_event_id)
          const narrowed = narrowing(query)
          const subscriptions = await edge.streams.subscriptions.of(
            principal.id,
            () => !request.signal.aborted,
          )
          deps.edges.admit(edge, 'sse')
          const filter = new CompiledFilter({ subscriptions, ...narrowed })
          const sink = new SseSink({ ...credential, principal }, filter)
          edge.streams.add(sink)
          deps.keepOpen(request)
          const headers = {
            ...deps.replier.headersFor(request_id),
            'Content-Type': 'text/event-stream; charset=utf-8',
            'Cache-Control': 'no-store',
            'X-Accel-Buffering': 'no',
            Connection: 'close',
          }
          const response = new Response(sseBody(sink, cursor, edge.streams, request), { headers })
          if (!(await deps.identify.holds(credential, edge, principal.id))) sink.revoke('session')
          return { response }
        },
      ),
    )

    .get(
      '/subscriptions',
      ...at.org(
        {
          tag,
          action: 'subscription.read',
          summary: 'Which topics the own stream carries',
          description: 'All events, unless topics were chosen.',
          ok: { status: 200, schema: Subscriptions },
        },
        async ({ org_id, principal }) => ({
          body: await readSubscriptions(deps.database, org_id, principal.id ?? ''),
        }),
      ),
    )

    .put(
      '/subscriptions',
      ...at.org(
        {
          tag,
          action: 'subscription.write',
          body: SubscriptionsPut,
          summary: 'Choose the topics of the own stream',
          description:
            'Unknown or invisible topics match nothing. In effect on open streams before it answers; on those of other nodes shortly after.',
          ok: { status: 200, schema: Subscriptions },
        },
        async ({ org_id, principal, body }) => {
          const user_id = principal.id ?? ''
          const topics = (body.topics ?? []).map((topic) => ({
            ...topic,
            topic_id: topic.topic_id.toLowerCase(),
          }))
          const subscriptions = { mode: body.mode, topics }
          await deps.database.withOrg(org_id, (tx) => writeSubscriptions(tx, org_id, user_id, subscriptions))
          deps.edges.frames.resubscribe(org_id, user_id, subscriptions)
          return { body: subscriptions }
        },
      ),
    )
}

function cursorOf(text: string | null | undefined): Cursor | undefined {
  if (text === null || text === undefined || text === '') return undefined
  const cursor = parseCursor(text)
  if (!cursor) throw new ApiError('INVALID_CURSOR', 'The cursor is not of the form <log>.<sequence>.')
  return cursor
}

/** A cursor of this log; another log's means nothing here. */
function ownCursor(text: string, log: string): Cursor {
  const cursor = parseCursor(text)
  if (!cursor || (cursor.log !== '' && cursor.log !== log))
    throw new ApiError('INVALID_CURSOR', 'This cursor is not one of this log.')
  return cursor
}

function pageCursor(text: string, log: string): number {
  return ownCursor(text, log).sequence
}

function times({ from, to }: { from?: string; to?: string }): { from?: string; to?: string } {
  return {
    ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
    ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
  }
}

/** The topics and types that a connection asks for; throws when they are malformed. */
function narrowing(query: { topics?: string; types?: string }): Pick<StreamFilter, 'topics' | 'types'> {
  const topics = query.topics === undefined ? undefined : parseTopics(query.topics)
  const types = query.types === undefined ? undefined : parseTypes(query.types)
  if (query.topics !== undefined && !topics)
    throw invalid({ path: '/topics', message: 'Is not a list of project:<id>, task:<id>, channel:<id>.' })
  if (query.types !== undefined && !types)
    throw invalid({ path: '/types', message: 'Is not a list of event types or prefixes such as task.*.' })
  return { ...(topics ? { topics } : {}), ...(types ? { types } : {}) }
}
