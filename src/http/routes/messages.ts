import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { PostRequest } from '../../contracts/calls.ts'
import { ApiError, invalid } from '../../contracts/errors.ts'
import { newId } from '../../contracts/ids.ts'
import { LIMITS } from '../../contracts/limits.ts'
import { SliceOf } from '../../contracts/lists.ts'
import { MessageCreate } from '../../contracts/requests.ts'
import { Message } from '../../contracts/resources.ts'
import { Text } from '../../contracts/schema.ts'
import type { Database } from '../../db/client.ts'
import { messagesAfter, messagesBefore, toMessage } from '../../db/queries/messages.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints, storedReply } from '../endpoint.ts'
import { checkKind, posting } from '../posting.ts'
import { CHANNELS_TAG, readable } from '../readable-channel.ts'

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

/** Messages of channels. */
export function messageRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = CHANNELS_TAG
  return new Elysia({ name: 'messages', prefix: '/api/v1/orgs/:org_slug' })
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
            'A repeated `client_id` answers 200 with the stored message. Mentions are the ids given plus `@username` in the text, without `leave_out`.',
          ok: { status: 201, schema: Message },
          repeatable: true,
          errors: ['CHANNEL_NOT_FOUND', 'IDEMPOTENCY_CONFLICT', 'AGENT_LOOP'],
        },
        async (call) => {
          const channel_id = readable(call)
          const { principal, body, org_id, idempotency, limited } = call
          if (limited && body.client_id === undefined) throw limited
          checkKind(body.kind, principal.kind)
          const refusal = limited
            ? deps.limits.asRefusal(limited)
            : await deps.limits.message(principal.id ?? '')
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
