import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { ReadMarker } from '../../contracts/calls.ts'
import { notFound } from '../../contracts/errors.ts'
import { newId } from '../../contracts/ids.ts'
import { PageOf, pageOf } from '../../contracts/lists.ts'
import {
  ChannelCreate,
  ChannelPatch,
  ChannelPreferences,
  ReadMark,
  UnreadMark,
} from '../../contracts/requests.ts'
import { Channel, KnownCommand } from '../../contracts/resources.ts'
import { findChannel, listChannels, muteChannel } from '../../db/queries/channels.ts'
import { knownCommands } from '../../domain/known-commands.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints } from '../endpoint.ts'
import { PAGE } from '../list-query.ts'
import { CHANNELS_TAG, readable } from '../readable-channel.ts'

/** Channels with the markers and preferences of the caller. */
export function channelRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = CHANNELS_TAG
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
        async ({ org_id, rights, principal, query }) => {
          const ids = (await rights()).readableChannels(principal).map((channel) => channel.id)
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

    .delete(
      '/channels/:channel_id/loop-pause',
      ...at.org(
        {
          tag,
          action: 'channel.lift_pause',
          summary: 'Let agents write again',
          description:
            'Ends the pause by which the loop brake stopped agents that answered each other (429 `AGENT_LOOP`); for administrators who are people. A message of any person ends it too. Without a pause nothing changes.',
          ok: { status: 204 },
          errors: ['CHANNEL_NOT_FOUND', 'FORBIDDEN'],
        },
        async (call) => {
          const { org_id, principal } = call
          const request = { type: 'lift_pause', command_id: newId(), principal } as const
          await deps.channel(org_id, readable(call), request)
          return {}
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
          body: pageOf(knownCommands(await call.rights(), readable(call)), call.query),
        }),
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
}
