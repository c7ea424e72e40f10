import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { User } from '../../contracts/resources.ts'
import { Closed, Nullable, Timestamp } from '../../contracts/schema.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints, type OrgCall } from '../endpoint.ts'
import { newInviteLink, newLink } from '../one-time-link.ts'

/** An invite link works for a week. */
export const INVITE_MS = 7 * 24 * 60 * 60 * 1000
/** A sign-in link is asked for by somebody who is about to use it. */
const SIGN_IN_LINK_MS = 60 * 60 * 1000

/** One-time links for members: to join, and to set a new password. */
export function userLinkRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Users and keys'
  return new Elysia({ name: 'user-links', prefix: '/api/v1/orgs/:org_slug' })
    .post(
      '/users/:user_id/invite',
      ...at.org(
        {
          tag,
          action: 'user.link',
          summary: 'A new invite link for a person who has not joined',
          description: 'The former link ends. Nothing else about the member changes.',
          ok: {
            status: 201,
            schema: Closed({ ...User.properties, invite_url: Nullable(Type.String()) }),
          },
          errors: ['USER_NOT_FOUND', 'ALREADY_MEMBER', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => {
          const { token, stored } = await newInviteLink(deps, INVITE_MS)
          const reply = await call.command('user.invite_again', {
            user_id: targetOf(call),
            invite: stored,
          })
          const invite_url = reply.replayed ? null : `${deps.public_url}/invite/${token}`
          return created(reply, { ...reply.result, invite_url })
        },
      ),
    )

    .post(
      '/users/:user_id/sign-in-link',
      ...at.org(
        {
          tag,
          action: 'user.link',
          summary: 'A one-time link with which a member sets a new password',
          description:
            'Works for an hour; a former one ends. It gives access to this organization only: a member of other organizations keeps the password for those. The member sees in the log that it was made.',
          ok: {
            status: 201,
            schema: Closed({ sign_in_url: Nullable(Type.String()), expires_at: Timestamp() }),
          },
          errors: ['USER_NOT_FOUND', 'INVALID_TRANSITION', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => {
          const { token, stored } = await newLink(deps, SIGN_IN_LINK_MS)
          const reply = await call.command('user.link_sign_in', {
            user_id: targetOf(call),
            link: stored,
          })
          const sign_in_url = reply.replayed ? null : `${deps.public_url}/sign-in-link/${token}`
          return created(reply, { sign_in_url, ...reply.result })
        },
      ),
    )
}

/** The member of the path. */
export function targetOf({
  params,
  principal,
}: Pick<OrgCall<unknown, unknown>, 'params' | 'principal'>): string {
  return params.user_id === 'me' ? (principal.id ?? '') : (params.user_id ?? '')
}
