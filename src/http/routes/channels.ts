import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { once } from '../../commands/idempotency.ts'
import { type PostRequest, ReadMarker } from '../../contracts/calls.ts'
import { ApiError, invalid, notFound } from '../../contracts/errors.ts'
import { newId } from '../../contracts/ids.ts'
import { LIMITS } from '../../contracts/limits.ts'
import { PageOf, pageOf, SliceOf } from '../../contracts/lists.ts'
import {
  ChannelCreate,
  ChannelPatch,
  ChannelPreferences,
  DeliveryReport,
  MessageCreate,
  ReadMark,
  UnreadMark,
} from '../../contracts/requests.ts'
import { Channel, Delivery, KnownCommand, Message } from '../../contracts/resources.ts'
import { Text } from '../../contracts/schema.ts'
import type { Database } from '../../db/client.ts'
import { findChannel, listChannels, muteChannel } from '../../db/queries/channels.ts'
import { reportDelivery } from '../../db/queries/deliveries.ts'
import { messagesAfter, messagesBefore, toMessage } from '../../db/queries/messages.ts'
import { knownCommands } from '../../domain/known-commands.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints, type OrgCall, storedReply } from '../endpoint.ts'
import { PAGE } from '../list-query.ts'
import { checkKind, posting } from '../posting.ts'

const seq = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
const MessageQuery = Type.Object({
  before: Type.Optional(Type.Integer({ ...seq, description: 'Messages with a lower seq.' })),
  after: Type.Optional(Type.Integer({ ...seq, description: 'Messages that directly follow this seq.' })),
  around: Type.Optional(Type.Integer({ ...seq, description: 'Messages around this seq.' })),
  mentions_me: Type.Optional(
    Type.Boolean({ description: 'Only messages of others that mention the caller; not with `around`.' }),
  ),
  cursor: Type.Optional(Text(100, { min: 0 })),
  limit: Type.Integer({ minimum: 1, maximum: LIMITS.cursor_limit_max, default: LIMITS.cursor_limit_default }),
})

/** Channels, their messages, read markers and deliveries. */
export function channelRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Channels and messages'
  return new Elysia({ name: 'channels', prefix: '/api/v1/orgs/:org_slug' })
    .get(
      '/channels',
      ...at.org(
        {
          tag,
          action: 'channel.list',
          summary: 'Channels that the caller may read',
          description:
            'Org-wide ones and those of the projects that the caller is assigned to; administrators read all. With the caller’s unread counts.',
          query: Type.Object(PAGE),
          ok: { status: 200, schema: PageOf(Channel) },
        },
        async ({ org_id, edge, principal, query }) => {
          const ids = edge.permissions.readableChannels(principal).map((channel) => channel.id)
          return { body: await listChannels(deps.database, org_id, principal.id ?? '', ids, query) }
        },
      ),
    )

    .post(
      '/channels',
      ...at.org(
        {
          tag,
          action: 'channel.create',
          body: ChannelCreate,
          summary: 'Another org-wide channel',
          description: 'Every member reads it. A project’s channel comes with the project.',
          ok: { status: 201, schema: Channel },
          errors: ['NAME_TAKEN', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => created(await call.command('channel.create', call.body)),
      ),
    )

    .get(
      '/channels/:channel_id',
      ...at.org(
        {
          tag,
          action: 'channel.read',
          summary: 'A channel',
          description: 'With the caller’s read marker and unread counts.',
          ok: { status: 200, schema: Channel },
          errors: ['CHANNEL_NOT_FOUND'],
        },
        async (call) => {
          const channel_id = readable(call)
          const channel = await findChannel(deps.database, call.org_id, call.principal.id ?? '', channel_id)
          if (!channel) throw notFound('channel')
          return { body: channel }
        },
      ),
    )

    .patch(
      '/channels/:channel_id',
      ...at.org(
        {
          tag,
          action: 'channel.update',
          body: ChannelPatch,
          summary: 'Change name and topic of a channel',
          description:
            'Administrators; contributors change the topic of a channel of their projects. The channel of a project has the name of the project. Channels have no version: the last change counts. Without counters of the caller.',
          ok: { status: 200, schema: Channel },
          errors: ['CHANNEL_NOT_FOUND', 'NAME_TAKEN', 'FORBIDDEN'],
        },
        async (call) => {
          const { result } = await call.command('channel.update', { id: readable(call), patch: call.body })
          return { body: result }
        },
      ),
    )

    .get(
      '/channels/:channel_id/commands',
      ...at.org(
        {
          tag,
          action: 'channel.read',
          summary: 'Commands that are known in a channel',
          description:
            'The built-in ones, those common to agents, and those that agents of the channel registered, by name.',
          query: Type.Object(PAGE),
          ok: { status: 200, schema: PageOf(KnownCommand) },
          errors: ['CHANNEL_NOT_FOUND'],
        },
        async (call) => ({
          body: pageOf(knownCommands(call.edge.permissions, readable(call)), call.query),
        }),
      ),
    )

    .get(
      '/channels/:channel_id/messages',
      ...at.org(
        {
          tag,
          action: 'message.read',
          query: MessageQuery,
          summary: 'Messages, newest first',
          description:
            '`before`, `after` and `around` take a message seq; `after` gives the messages that directly follow it, newest of them first. `next_cursor` goes on in the same direction.',
          ok: { status: 200, schema: SliceOf(Message) },
          errors: ['CHANNEL_NOT_FOUND', 'INVALID_CURSOR'],
        },
        async (call) => {
          const channel_id = readable(call)
          const mentioned_id = call.query.mentions_me ? (call.principal.id ?? '') : undefined
          return { body: await history(deps.database, call.org_id, channel_id, call.query, mentioned_id) }
        },
      ),
    )

    .post(
      '/channels/:channel_id/messages',
      ...at.org(
        {
          tag,
          action: 'message.post',
          body: MessageCreate,
          summary: 'Post a message',
          description:
            'A repeated `client_id` answers 200 with the stored message. Mentions are the ids given plus `@username` in the text.',
          ok: { status: 201, schema: Message },
          repeatable: true,
          errors: ['CHANNEL_NOT_FOUND', 'IDEMPOTENCY_CONFLICT', 'AGENT_LOOP'],
        },
        async (call) => {
          const channel_id = readable(call)
          const { principal, body, org_id, idempotency, limited } = call
          if (limited && body.client_id === undefined) throw limited
          checkKind(body.kind, principal.kind)
          const refusal = limited ? deps.limits.asRefusal(limited) : deps.limits.message(principal.id ?? '')
          const prepared = posting(channel_id, body, refusal)
          const request: PostRequest = {
            type: 'post',
            command_id: newId(),
            posting: prepared,
            principal,
            ...(idempotency ? { idempotency } : {}),
          }
          const reply =
            (call.recalled && storedReply('message.post', call.recalled)) ??
            (await deps.channel(org_id, channel_id, request))
          const { message, repeated } = reply.result
          return created(reply, message, repeated && !reply.replayed ? 200 : 201)
        },
      ),
    )

    .put(
      '/channels/:channel_id/read',
      ...at.org(
        {
          tag,
          action: 'message.mark_read',
          body: ReadMark,
          summary: 'Move the own read marker',
          description:
            'Only forward; answers once it is stored. `rewinds` of the channel makes it void when the caller marked messages as unread since.',
          ok: {
            status: 200,
            schema: ReadMarker,
          },
          errors: ['CHANNEL_NOT_FOUND'],
        },
        async (call) => {
          const channel_id = readable(call)
          const { principal, body, org_id } = call
          const request = { type: 'read', user_id: principal.id, ...body, now: true } as const
          const marker = await deps.channel(org_id, channel_id, request)
          if (!marker) throw notFound('channel')
          return { body: marker }
        },
      ),
    )

    .put(
      '/channels/:channel_id/unread',
      ...at.org(
        {
          tag,
          action: 'message.mark_read',
          body: UnreadMark,
          summary: 'Mark messages as unread again',
          description:
            'From `seq` on, except for the caller’s own: moves the own read marker back, never forward; answers once it is stored.',
          ok: { status: 200, schema: ReadMarker },
          errors: ['CHANNEL_NOT_FOUND'],
        },
        async (call) => {
          const channel_id = readable(call)
          const { principal, body, org_id } = call
          const request = { type: 'unread', user_id: principal.id, seq: body.seq } as const
          const marker = await deps.channel(org_id, channel_id, request)
          if (!marker) throw notFound('channel')
          return { body: marker }
        },
      ),
    )

    .put(
      '/channels/:channel_id/preferences',
      ...at.org(
        {
          tag,
          action: 'channel.set_preferences',
          body: ChannelPreferences,
          summary: 'Mute a channel, or end that',
          description:
            'For the caller only, on all its devices. The counts go on; a muted channel asks for attention by mentions only.',
          ok: { status: 200, schema: ChannelPreferences },
          errors: ['CHANNEL_NOT_FOUND'],
        },
        async (call) => {
          const channel_id = readable(call)
          const { org_id, principal, body } = call
          const user_id = principal.id ?? ''
          const { muted } = body
          await deps.database.withOrg(org_id, (tx) => muteChannel(tx, { org_id, channel_id, user_id }, muted))
          const frame = { type: 'preferences', channel_id, muted } as const
          deps.ephemeral({ org_id, channel_id, only_user_id: user_id, frame })
          return { body: { muted } }
        },
      ),
    )

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
          const at_seq = /^[1-9]\d{0,15}$/.test(params.seq ?? '') ? Number(params.seq) : Number.NaN
          if (!Number.isSafeInteger(at_seq))
            throw new ApiError('INVALID_ID', 'The seq in the path is not a positive whole number.')
          const report = {
            channel_id,
            seq: at_seq,
            agent_id: principal.id,
            state: body.state,
            detail: body.detail ?? null,
          }
          let changed = false
          const reply = await deps.database.withOrg(org_id, (tx) =>
            once(tx, org_id, report.agent_id, idempotency, async () => {
              const reported = await reportDelivery(tx, org_id, report)
              changed = reported.changed
              return reported.delivery
            }),
          )
          const { agent_id, state, detail } = report
          if (changed)
            deps.ephemeral({
              org_id,
              channel_id,
              frame: { type: 'delivery', channel_id, seq: at_seq, agent_id, state, detail },
            })
          return created(reply, undefined, 200)
        },
      ),
    )
}

/** The channel in the path, when the caller may read it; else 404. */
function readable({
  edge,
  params,
  principal,
}: Pick<OrgCall<unknown, unknown>, 'edge' | 'params' | 'principal'>): string {
  const channel_id = params.channel_id ?? ''
  if (!edge.permissions.mayReadChannel(principal, channel_id)) throw notFound('channel')
  return channel_id
}

type HistoryQuery = { before?: number; after?: number; around?: number; cursor?: string; limit: number }

async function history(
  database: Database,
  org_id: string,
  channel_id: string,
  query: HistoryQuery,
  mentioned_id: string | undefined,
) {
  const { limit } = query
  const { before, after, around } = query.cursor === undefined ? query : fromCursor(query.cursor)
  if ([before, after, around].filter((place) => place !== undefined).length > 1)
    throw invalid({ path: '/before', message: 'Give one of before, after and around.' })
  if (around !== undefined && mentioned_id !== undefined)
    throw invalid({ path: '/mentions_me', message: 'Not together with around.' })
  const older = async (than: number, count: number) =>
    (
      await database.readOne(org_id, (sql, org) =>
        messagesBefore(sql, org, channel_id, than, count, mentioned_id),
      )
    ).map(toMessage)
  const newer = async (than: number, count: number) =>
    (
      await database.readOne(org_id, (sql, org) =>
        messagesAfter(sql, org, channel_id, than, count, mentioned_id),
      )
    ).map(toMessage)
  if (after !== undefined) {
    const found = await newer(after, limit + 1)
    const page = found.slice(0, limit)
    return { data: page.toReversed(), next_cursor: found.length > limit ? `after.${page.at(-1)!.seq}` : null }
  }
  if (around !== undefined) {
    const before_it = await older(around + 1, Math.ceil(limit / 2))
    const after_it = await newer(around, limit - before_it.length)
    const oldest = before_it.at(-1)?.seq ?? 1
    return {
      data: [...after_it.toReversed(), ...before_it],
      next_cursor: oldest > 1 ? `before.${oldest}` : null,
    }
  }
  const found = await older(before ?? Number.MAX_SAFE_INTEGER, limit + 1)
  const page = found.slice(0, limit)
  return { data: page, next_cursor: found.length > limit ? `before.${page.at(-1)!.seq}` : null }
}

function fromCursor(cursor: string): { before?: number; after?: number; around?: undefined } {
  const match = /^(before|after)\.(\d{1,15})$/.exec(cursor)
  if (!match) throw new ApiError('INVALID_CURSOR', 'This cursor is not one of ours.')
  return match[1] === 'before' ? { before: Number(match[2]) } : { after: Number(match[2]) }
}
