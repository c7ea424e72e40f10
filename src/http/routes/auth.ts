import { timingSafeEqual } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { clearedCookies, sessionCookies } from '../../auth/cookies.ts'
import { hashPassword, passwordProblem, verifyPassword } from '../../auth/passwords.ts'
import { createOrg } from '../../commands/org-create.ts'
import { ApiError, invalid, notFound } from '../../contracts/errors.ts'
import { newId } from '../../contracts/ids.ts'
import { RESERVED_SLUGS } from '../../contracts/limits.ts'
import { PageOf, pageOf } from '../../contracts/lists.ts'
import { AcceptInviteBody, PasswordBody, SetupBody } from '../../contracts/requests.ts'
import { Org } from '../../contracts/resources.ts'
import { Closed, Timestamp, Uuid } from '../../contracts/schema.ts'
import type { Account } from '../../db/queries/accounts.ts'
import { readOnly } from '../../domain/access.ts'
import type { Deps } from '../deps.ts'
import { type Answer, endpoints } from '../endpoint.ts'
import { PAGE } from '../list-query.ts'
import { recordSignIn } from '../sign-in-records.ts'

const SignedIn = Closed({
  user: Closed({ id: Uuid(), display_name: Type.String(), email: Type.String() }),
  memberships: Type.Array(
    Closed({
      org: Closed({ id: Uuid(), slug: Type.String(), name: Type.String() }),
      role: Org.properties.role,
    }),
  ),
  session: Closed({ id: Uuid(), expires_at: Timestamp() }),
  token: Type.Optional(Type.String({ description: 'Only with `"token_response": true`.' })),
})

const Session = Closed({
  id: Uuid(),
  created_at: Timestamp(),
  last_seen_at: Timestamp(),
  expires_at: Timestamp(),
  ip: Type.Union([Type.String(), Type.Null()]),
  user_agent: Type.Union([Type.String(), Type.Null()]),
  current: Type.Boolean(),
})

/** Sign-in, sign-out, set-up, invites and own sessions. */
export function authRoutes(deps: Deps) {
  const at = endpoints(deps)
  const { accounts, sessions } = deps
  const tag = 'Sign-in'

  /** Starts a session and answers who is signed in, with both cookies. */
  async function signIn(
    account: Pick<Account, 'id' | 'display_name' | 'email'>,
    request: Request,
    ip: string,
    token_response: boolean,
    status = 200,
  ): Promise<Answer> {
    const user_agent = (request.headers.get('user-agent') ?? '').slice(0, 300)
    const started = await sessions.start(account.id, { ip, user_agent })
    const body = await whoAmI(account, started.session_id, started.session_expires_at)
    const content = {
      type: 'auth.login_success',
      payload: { user_id: account.id, method: 'password' },
    } as const
    await recordSignIn(deps, account, content, { ip, user_agent })
    return {
      ...withCookies(deps, started, { ...body, ...(token_response ? { token: started.token } : {}) }),
      status,
    }
  }

  async function whoAmI(
    account: Pick<Account, 'id' | 'display_name' | 'email'>,
    session_id: string,
    expires_at: number,
  ) {
    const rows = await accounts.memberships(account.id)
    return {
      user: { id: account.id, display_name: account.display_name, email: account.email },
      memberships: rows
        .filter((row) => row.status === 'active')
        .map((row) => ({ org: { id: row.org_id, slug: row.slug, name: row.name }, role: row.role })),
      session: { id: session_id, expires_at: new Date(expires_at).toISOString() },
    }
  }

  return new Elysia({ name: 'auth', prefix: '/auth' })
    .get(
      '/providers',
      ...at.open(
        {
          tag,
          open: true,
          summary: 'Sign-in methods that this server offers',
          description:
            'Also whether the server waits for its first administrator, and whether people may create organizations.',
          ok: {
            status: 200,
            schema: Closed({
              providers: Type.Array(Closed({ id: Type.String(), name: Type.String() })),
              setup_needed: Type.Boolean(),
              multi_tenant: Type.Boolean(),
            }),
          },
        },
        async () => ({
          body: {
            providers: [{ id: 'password', name: 'E-mail and password' }],
            setup_needed: await accounts.none(),
            multi_tenant: !deps.single_tenant,
          },
        }),
      ),
    )

    .post(
      '/setup',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          body: SetupBody,
          summary: 'Set up an empty server',
          description:
            'Makes the first account, its org and the channel `general`, and signs in. The token is in the link that the server prints at start until it is used.',
          ok: { status: 201, schema: SignedIn },
          errors: ['INVALID_CREDENTIALS', 'ALREADY_SET_UP', 'SLUG_TAKEN'],
        },
        async ({ body, request, ip }) => {
          if (!(await accounts.none())) throw alreadySetUp()
          if (!sameText(body.token, deps.setup_token))
            throw new ApiError(
              'INVALID_CREDENTIALS',
              'This set-up link is not valid. Use the one the server printed last.',
            )
          checkPassword(body.password, { email: body.email, name: body.name })
          checkSlug('/org_slug', body.org_slug)
          const account = { id: newId(), display_name: body.name, email: body.email }
          await createOrg(deps.database, {
            name: body.org_name,
            slug: body.org_slug,
            founder: { user_id: account.id, display_name: body.name },
            new_account: { email: body.email, password_hash: await hashPassword(body.password) },
            only_when_empty: true,
          })
          return await signIn(account, request, ip, body.token_response ?? false, 201)
        },
      ),
    )

    .post(
      '/password',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          body: PasswordBody,
          summary: 'Sign in with e-mail and password',
          description:
            'Starts a session in cookies; with `token_response` its token is in the body as well. An unknown account and a wrong password get the same answer.',
          ok: { status: 200, schema: SignedIn },
          errors: ['INVALID_CREDENTIALS', 'CSRF_VALIDATION_FAILED'],
        },
        async ({ body, request, ip }) => {
          deps.limits.account(body.email)
          deps.sign_in_failures.check(body.email, ip)
          const account = await accounts.byEmail(body.email)
          const usable = account?.status === 'active' ? account.password_hash : null
          // The same work whether the account exists or not, so that time tells nothing.
          const right = await verifyPassword(usable, body.password)
          if (!right || !account) {
            deps.sign_in_failures.add(body.email, ip)
            // Not waited for: the time of the answer must not tell that there is such an account.
            if (account)
              deps.repeated(`sign-in ${account.id} ${ip}`, (count) =>
                recordSignIn(
                  deps,
                  account,
                  {
                    type: 'auth.login_failure',
                    payload: { user_id: account.id, method: 'password', count },
                  },
                  { ip, user_agent: request.headers.get('user-agent') ?? '' },
                ),
              )
            else deps.log.info({ ip }, 'sign-in failed for an unknown account')
            throw new ApiError('INVALID_CREDENTIALS', 'E-mail or password is wrong.')
          }
          deps.sign_in_failures.succeeded(body.email)
          return await signIn(account, request, ip, body.token_response ?? false)
        },
      ),
    )

    .get(
      '/invites/:token',
      ...at.open(
        {
          tag,
          open: true,
          summary: 'What an invite link is for',
          description: 'Whom it invites, to where, and whether that person has an account already.',
          sign_in: true,
          ok: {
            status: 200,
            schema: Closed({ email: Type.String(), org_name: Type.String(), account_exists: Type.Boolean() }),
          },
          errors: ['INVITE_NOT_FOUND'],
        },
        async ({ params }) => {
          const invite = await usableInvite(deps, params.token ?? '')
          const account = await accounts.byId(invite.user_id)
          const rows = await accounts.memberships(invite.user_id)
          const org_name = rows.find((row) => row.org_id === invite.org_id)?.name ?? ''
          return { body: { email: invite.email, org_name, account_exists: account?.password_hash != null } }
        },
      ),
    )

    .post(
      '/invites/:token/accept',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          body: AcceptInviteBody,
          summary: 'Join with an invite link',
          description:
            'A new account needs `password`; somebody who has one signs in with it. Nobody joins a read-only organization.',
          ok: { status: 200, schema: SignedIn },
          errors: ['INVITE_NOT_FOUND', 'INVALID_CREDENTIALS', 'ORG_READ_ONLY'],
        },
        async ({ params, body, request, ip }) => {
          const invite = await usableInvite(deps, params.token ?? '')
          const account = await accounts.byId(invite.user_id)
          if (!account) throw notFound('invite')
          if (body.password === undefined) throw invalid({ path: '/password', message: 'Is required.' })
          // Before the account is touched; the lane looks again.
          const joins = (await accounts.memberships(account.id)).find((row) => row.org_id === invite.org_id)
          if (joins?.org_status !== 'active') throw readOnly()
          const name = body.name ?? account.display_name
          if (account.password_hash === null) {
            checkPassword(body.password, { email: account.email, name })
            await accounts.claim(account.id, await hashPassword(body.password), body.name)
          } else {
            deps.limits.account(account.email)
            deps.sign_in_failures.check(account.email, ip)
            if (!(await verifyPassword(account.password_hash, body.password))) {
              deps.sign_in_failures.add(account.email, ip)
              throw new ApiError(
                'INVALID_CREDENTIALS',
                'You have an account already, and this is not its password.',
              )
            }
          }
          if (account.status === 'deactivated') await accounts.reactivate(account.id)
          const input = {
            user_id: account.id,
            invite_id: invite.id,
            ...(body.name === undefined ? {} : { display_name: body.name }),
          }
          await deps.systemCommand(invite.org_id, 'user.join', input)
          return await signIn({ ...account, display_name: name }, request, ip, body.token_response ?? false)
        },
      ),
    )

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
        async ({ identity, request }) => {
          const token = deps.identify.sessionToken(request)
          if (identity.type !== 'session' || token === undefined)
            throw new ApiError('UNAUTHENTICATED', 'Only a session can be refreshed.')
          const next = await sessions.refresh(token)
          if ('refusal' in next) throw new ApiError(next.refusal, 'Your session has ended. Sign in again.')
          const session = { id: next.session_id, expires_at: new Date(next.session_expires_at).toISOString() }
          const body = { session, token_expires_at: new Date(next.token_expires_at).toISOString() }
          return identity.by_cookie ? withCookies(deps, next, body) : { body: { ...body, token: next.token } }
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
        async ({ identity, ip, request }) => {
          if (identity.type !== 'session')
            throw new ApiError('UNAUTHENTICATED', 'Only a session can be signed out.')
          await sessions.revoke(identity.session_id)
          const account = await accounts.byId(identity.user_id)
          if (account)
            await recordSignIn(
              deps,
              account,
              {
                type: 'auth.session_revoked',
                payload: { user_id: account.id, session_id: identity.session_id, reason: 'logout' },
              },
              { ip, user_agent: request.headers.get('user-agent') ?? '' },
            )
          return { cookies: clearedCookies(deps.secure_cookies) }
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
        async ({ identity }) => {
          if (identity.type !== 'session')
            throw new ApiError(
              'UNAUTHENTICATED',
              'This is for people; agents ask for /users/me in their organization.',
            )
          const account = await accounts.byId(identity.user_id)
          if (!account) throw new ApiError('SESSION_REVOKED', 'You were signed out. Sign in again.')
          return { body: await whoAmI(account, identity.session_id, identity.expires_at) }
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
        async ({ identity, query }) => {
          if (identity.type !== 'session') throw new ApiError('UNAUTHENTICATED', 'Only people have sessions.')
          const data = (await sessions.list(identity.user_id)).map((session) => ({
            ...session,
            current: session.id === identity.session_id,
          }))
          return { body: pageOf(data, query) }
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
        async ({ identity, params, ip, request }) => {
          if (identity.type !== 'session') throw new ApiError('UNAUTHENTICATED', 'Only people have sessions.')
          const own = await sessions.list(identity.user_id)
          if (!own.some((session) => session.id === params.id)) throw notFound('session')
          await sessions.revoke(params.id!)
          const account = await accounts.byId(identity.user_id)
          if (account)
            await recordSignIn(
              deps,
              account,
              {
                type: 'auth.session_revoked',
                payload: { user_id: account.id, session_id: params.id!, reason: 'revoked' },
              },
              { ip, user_agent: request.headers.get('user-agent') ?? '' },
            )
          return {}
        },
      ),
    )
}

function withCookies(
  deps: Deps,
  started: { token: string; session_id: string; session_expires_at: number },
  body: unknown,
): Answer {
  const max_age_s = Math.max(1, Math.floor((started.session_expires_at - Date.now()) / 1000))
  const csrf = deps.csrfToken(started.session_id)
  const cookies = sessionCookies({ token: started.token, csrf, secure: deps.secure_cookies, max_age_s })
  return { body, cookies }
}

async function usableInvite(deps: Deps, token: string) {
  if (!/^[A-Za-z0-9_-]{20,100}$/.test(token)) throw notFound('invite')
  const invite = await deps.accounts.invite(await deps.hashToken(token))
  if (!invite || invite.accepted_at !== null || Date.parse(invite.expires_at) <= Date.now())
    throw notFound('invite')
  return invite
}

function checkPassword(password: string, about: { email: string; name: string }): void {
  const problem = passwordProblem(password, about)
  if (problem) throw invalid({ path: '/password', message: problem })
}

export function checkSlug(path: '/slug' | '/org_slug', slug: string): void {
  if (RESERVED_SLUGS.includes(slug)) throw invalid({ path, message: 'This address is reserved.' })
}

function alreadySetUp(): ApiError {
  return new ApiError('ALREADY_SET_UP', 'This server is set up already. Sign in.')
}

/** Compares in constant time. */
function sameText(a: string, b: string): boolean {
  const x = new TextEncoder().encode(a)
  const y = new TextEncoder().encode(b)
  return x.length === y.length && timingSafeEqual(x, y)
}
