import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { clearedCookies } from '../../../auth/cookies.ts'
import { ApiError, notFound } from '../../../contracts/errors.ts'
import { PageOf, pageOf } from '../../../contracts/lists.ts'
import { Closed, Timestamp, Uuid } from '../../../contracts/schema.ts'
import type { Deps } from '../../deps.ts'
import { endpoints } from '../../endpoint.ts'
import { PAGE } from '../../list-query.ts'
import { endOtherSessions, endSession } from './end-session.ts'
import { SignedIn, type SignIn, TAG as tag } from './sign-in.ts'

const Session = Closed({
  id: Uuid(),
  created_at: Timestamp(),
  last_seen_at: Timestamp(),
  expires_at: Timestamp(),
  ip: Type.Union([Type.String(), Type.Null()]),
  user_agent: Type.Union([Type.String(), Type.Null()]),
  current: Type.Boolean(),
})

/** The life of a session after sign-in: refresh, sign-out, who it belongs to, and the person's other sessions. */
export function sessionRoutes(deps: Deps, sign_in: SignIn) {
  const at = endpoints(deps)
  const { accounts, sessions } = deps

  return new Elysia({ name: 'auth.sessions' })
    .post(
      '/refresh',
      ...at.signedIn(
        {
          tag,
          summary: 'A new session token before the old one ends',
          description: 'By cookie both cookies are set anew, by header the new token is in the body.',
          ok: {
            status: 200,
            schema: Closed({
              session: Closed({ id: Uuid(), expires_at: Timestamp() }),
              token_expires_at: Timestamp(),
              token: Type.Optional(Type.String()),
            }),
          },
          errors: ['SESSION_EXPIRED', 'SESSION_REVOKED', 'CSRF_VALIDATION_FAILED'],
        },
        async ({ principal, credential, request }) => {
          const token = deps.identify.sessionToken(request)
          if (principal.session_id === undefined || token === undefined)
            throw new ApiError('UNAUTHENTICATED', 'Only a session can be refreshed.')
          const next = await sessions.refresh(token)
          if ('refusal' in next) throw new ApiError(next.refusal, 'Your session has ended. Sign in again.')
          const session = { id: next.session_id, expires_at: new Date(next.session_expires_at).toISOString() }
          const body = { session, token_expires_at: new Date(next.token_expires_at).toISOString() }
          return credential.by_cookie
            ? sign_in.withCookies(next, body)
            : { body: { ...body, token: next.token } }
        },
      ),
    )

    .post(
      '/logout',
      ...at.signedIn(
        {
          tag,
          summary: 'Sign out: this session ends everywhere',
          description: 'Its token is dead at once, its open streams close.',
          ok: { status: 204 },
        },
        async (call) => {
          const { id, session_id } = call.principal
          if (session_id === undefined)
            throw new ApiError('UNAUTHENTICATED', 'Only a session can be signed out.')
          await endSession(deps, id, session_id, 'logout', call)
          return { cookies: clearedCookies(deps.cookies) }
        },
      ),
    )

    .get(
      '/me',
      ...at.signedIn(
        {
          tag,
          summary: 'Who is signed in',
          description:
            'Name, memberships with their roles, and until when the session lasts. For people: an agent asks for `/users/me` in its organization.',
          ok: { status: 200, schema: SignedIn },
          errors: ['SESSION_EXPIRED', 'SESSION_REVOKED'],
        },
        async ({ principal: { id, session_id, sign_in: way }, credential: { opened_at, expires_at } }) => {
          if (session_id === undefined || opened_at === undefined || expires_at === undefined)
            throw new ApiError(
              'UNAUTHENTICATED',
              'This is for people; agents ask for /users/me in their organization.',
            )
          const account = await accounts.byId(id)
          if (!account) throw new ApiError('SESSION_REVOKED', 'You were signed out. Sign in again.')
          return { body: await sign_in.whoAmI(account, { session_id, opened_at, expires_at, way }) }
        },
      ),
    )

    .get(
      '/sessions',
      ...at.signedIn(
        {
          tag,
          summary: 'Own sessions',
          description: 'Where else one is signed in, with address and browser. For people.',
          query: Type.Object(PAGE),
          ok: { status: 200, schema: PageOf(Session) },
        },
        async ({ principal: { id, session_id }, query }) => {
          if (session_id === undefined) throw new ApiError('UNAUTHENTICATED', 'Only people have sessions.')
          const data = (await sessions.list(id)).map((session) => ({
            ...session,
            current: session.id === session_id,
          }))
          return { body: pageOf(data, query) }
        },
      ),
    )

    .delete(
      '/sessions',
      ...at.signedIn(
        {
          tag,
          summary: 'End all of your own sessions but this one',
          description: 'All other browsers and apps are signed out at once.',
          ok: { status: 204 },
          errors: ['CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { id, session_id } = call.principal
          if (session_id === undefined) throw new ApiError('UNAUTHENTICATED', 'Only people have sessions.')
          await endOtherSessions(deps, id, session_id, call, 'revoked')
          return {}
        },
      ),
    )

    .delete(
      '/sessions/:id',
      ...at.signedIn(
        {
          tag,
          summary: 'End one of your own sessions',
          description: 'That browser or app is signed out at once, its open streams close.',
          ok: { status: 204 },
          errors: ['SESSION_NOT_FOUND', 'INVALID_ID', 'CSRF_VALIDATION_FAILED'],
        },
        async (call) => {
          const { principal, params } = call
          if (principal.session_id === undefined)
            throw new ApiError('UNAUTHENTICATED', 'Only people have sessions.')
          const own = (await sessions.list(principal.id)).find((session) => session.id === params.id)
          if (!own) throw notFound('session')
          await endSession(deps, principal.id, own.id, 'revoked', call)
          return {}
        },
      ),
    )
}
