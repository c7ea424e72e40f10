import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { ProviderFailure, type SignInProvider } from '../../../auth/providers/provider.ts'
import { FLOW_MS, type FlowPurpose, type SignInFlow } from '../../../auth/sign-in-flows.ts'
import { ApiError, invalid } from '../../../contracts/errors.ts'
import { LIMITS } from '../../../contracts/limits.ts'
import { OneOf, Text } from '../../../contracts/schema.ts'
import { PROVIDERS, type ProviderId } from '../../../contracts/vocabulary.ts'
import { localPath } from '../../../domain/local-path.ts'
import { admits, signInRule } from '../../../domain/sign-in.ts'
import type { Deps } from '../../deps.ts'
import { type Answer, endpoints } from '../../endpoint.ts'
import { recordSignIn } from '../../sign-in-records.ts'
import { findInvite } from './invite-link.ts'
import { accountOfPerson, accountToJoinWith, identityOf, type Person, personOf } from './person.ts'
import { type SignIn, TAG as tag, userAgent } from './sign-in.ts'

/** Why a sign-in at a provider did not succeed; the page that is opened then says it in words. */
type Trouble =
  | 'cancelled'
  | 'refused'
  | 'unavailable'
  | 'stale'
  | 'unverified'
  | 'unknown'
  | 'not_allowed'
  | 'other_account'
  | 'already_member'
  | 'signed_out'
  | 'invite'
  | 'name_taken'
  | 'read_only'

class FlowRefused extends Error {
  readonly trouble: Trouble

  constructor(trouble: Trouble) {
    super(trouble)
    this.name = 'FlowRefused'
    this.trouble = trouble
  }
}

type From = { request: Request; ip: string }

/** Sends a browser to a provider: where to, and the cookie that keeps the flow. */
export async function startFlow(
  deps: Deps,
  provider: SignInProvider,
  flow_of: { purpose: FlowPurpose; return_to: string },
): Promise<{ url: string; cookie: string }> {
  const { flow, cookie } = deps.flows.start({ provider: provider.id, ...flow_of })
  return { url: (await provider.authorizationUrl(flow)).href, cookie }
}

/** The same for a page of the app, which goes on to the address itself. Throws 400, 503. */
export async function continueAt(
  deps: Deps,
  id: ProviderId,
  flow_of: { purpose: FlowPurpose; return_to: string },
): Promise<Answer> {
  try {
    const { url, cookie } = await startFlow(deps, offered(deps, id), flow_of)
    return { body: { continue_at: url }, cookies: [cookie] }
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    deps.log.failed(`start a sign-in at ${id}`, error)
    throw new ApiError('UNAVAILABLE', 'The sign-in provider does not answer. Try again later.', {
      retry_after_s: 5,
    })
  }
}

/** Throws 400 for a provider that is not configured. */
export function checkOffered(deps: Deps, id: ProviderId): void {
  offered(deps, id)
}

function offered({ providers }: Deps, id: ProviderId): SignInProvider {
  const provider = providers.get(id)
  if (!provider) throw invalid({ path: '/provider', message: 'This server does not offer it.' })
  return provider
}

/** A checked `return_to`. */
export function returnPath(value: string | undefined, path: string): string {
  const local = localPath(value ?? '/')
  if (local === undefined) throw invalid({ path, message: 'Must be a path of this server, such as /orgs.' })
  return local
}

/** Sign-in at a provider: the way there and back. */
export function providerRoutes(deps: Deps, sign_in: SignIn) {
  const at = endpoints(deps)

  /** Opens the page of the app where the flow began, with the trouble. */
  function back(trouble: Trouble, flow: Pick<SignInFlow, 'purpose' | 'return_to'> | undefined): Answer {
    const [path = '', query] = beginningOf(flow).split('?', 2)
    const search = new URLSearchParams(query)
    search.set('sign_in', trouble)
    if (flow?.purpose.to === 'sign_in' && flow.return_to !== '/') search.set('return_to', flow.return_to)
    return redirect(`${deps.base_path}${path}?${search}`, [deps.flows.cleared()])
  }

  async function signIn(person: Person, flow: SignInFlow, from: From): Promise<Answer> {
    const origin = { ip: from.ip, user_agent: userAgent(from.request) }
    const found = await accountOfPerson(deps, person, origin)
    if (found === 'unverified' || found === 'unknown') throw new FlowRefused(found)
    return await enter(found, person, flow, from)
  }

  /** A new session, never one that the browser had before (session fixation). */
  async function enter(
    account_id: string,
    { way, provider, proven }: Person,
    flow: SignInFlow,
    from: From,
  ): Promise<Answer> {
    const account = await deps.accounts.byId(account_id)
    if (account?.status !== 'active') throw new FlowRefused('unknown')
    const { cookies } = await sign_in.open(account, from, { method: way.method, way })
    deps.takeover.begin(account_id, proven.picture, deps.providers.get(provider)?.home ?? '')
    return redirect(deps.base_path + flow.return_to, [...cookies, deps.flows.cleared()])
  }

  async function join(person: Person, flow: SignInFlow, from: From, token: string, name?: string) {
    const invite = await findInvite(deps, token)
    if (!invite) throw new FlowRefused('invite')
    const { permissions } = await deps.edges.current(invite.org_id)
    if (!admits(signInRule(permissions.settings), person.way)) throw new FlowRefused('not_allowed')
    const account_id = await accountToJoinWith(deps, person)
    const input = {
      user_id: invite.user_id,
      invite_id: invite.id,
      by: { identity: identityOf(person), account_id },
      ...(name === undefined ? {} : { display_name: name }),
    }
    const { result } = await deps.systemCommand(invite.org_id, { command: 'user.join', input })
    return await enter(result.account_id, person, { ...flow, return_to: `/o/${invite.org_slug}` }, from)
  }

  async function link(
    person: Person,
    flow: SignInFlow,
    { request, ip }: From,
    { account_id, session_id }: { account_id: string; session_id: string },
  ): Promise<Answer> {
    const token = deps.identify.sessionToken(request)
    const session = token === undefined ? undefined : await deps.sessions.authenticate(token)
    // Another person may have signed in in this browser meanwhile.
    if (!session || 'refusal' in session || session.session_id !== session_id)
      throw new FlowRefused('signed_out')
    if (!(await deps.identities.link(account_id, identityOf(person)))) throw new FlowRefused('other_account')
    const content = { type: 'auth.identity_linked', payload: { provider: person.provider } } as const
    await recordSignIn(deps, account_id, content, { ip, user_agent: userAgent(request) })
    return redirect(deps.base_path + flow.return_to, [deps.flows.cleared()])
  }

  async function finish(provider: SignInProvider, flow: SignInFlow, from: From): Promise<Answer> {
    const proven = await provider.identity(new URL(from.request.url).searchParams, flow)
    const person = personOf(provider.id, proven)
    const { purpose } = flow
    switch (purpose.to) {
      case 'sign_in':
        return await signIn(person, flow, from)
      case 'join':
        return await join(person, flow, from, purpose.token, purpose.name)
      case 'link':
        return await link(person, flow, from, purpose)
    }
  }

  return new Elysia({ name: 'auth.providers' })
    .get(
      '/login',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          from_elsewhere: true,
          query: Type.Object({
            provider: OneOf(PROVIDERS, { description: 'One of `GET /auth/providers`.' }),
            return_to: Type.Optional(
              Text(LIMITS.url_max, { description: 'Local path to open after sign-in.' }),
            ),
          }),
          summary: 'Sign in at a provider',
          description:
            'For browsers: leads to the provider with state, nonce and PKCE. A provider that does not answer leads back to the sign-in page.',
          ok: { status: 302, description: 'On to the provider.' },
        },
        async ({ query }) => {
          const flow_of = {
            purpose: { to: 'sign_in' },
            return_to: returnPath(query.return_to, '/return_to'),
          } as const
          const provider = offered(deps, query.provider)
          try {
            const { url, cookie } = await startFlow(deps, provider, flow_of)
            return redirect(url, [cookie])
          } catch (error) {
            if (!(error instanceof ProviderFailure)) throw error
            deps.log.failed(`start a sign-in at ${provider.id}`, error)
            return back('unavailable', flow_of)
          }
        },
      ),
    )

    .get(
      '/callback/:provider',
      ...at.open(
        {
          tag,
          open: true,
          sign_in: true,
          from_elsewhere: true,
          summary: 'Answer of a provider',
          description:
            'Finishes a sign-in that this browser began: checks state, code and identity, sets the cookies of the session, and leads on. What did not work leads to a page of the app that says so.',
          ok: { status: 302, description: 'On to the app.' },
        },
        async ({ params, request, ip }) => {
          const state = new URL(request.url).searchParams.get('state')
          const flow = deps.flows.take(request.headers.get('cookie'), params.provider ?? '', state)
          const provider = flow && deps.providers.get(flow.provider)
          // Another node may have taken it.
          const is_first = flow !== undefined && (await deps.spend(flow.state, FLOW_MS))
          if (!is_first || !provider) return back('stale', undefined)
          try {
            return await finish(provider, flow, { request, ip })
          } catch (error) {
            const trouble = troubleOf(error)
            if (trouble === undefined) throw error
            const reason = error instanceof Error ? error.message : ''
            deps.log.info({ ip, provider: provider.id, trouble, reason }, 'sign-in at a provider failed')
            return back(trouble, flow)
          }
        },
      ),
    )
}

/** The page where a flow began. */
function beginningOf(flow: Pick<SignInFlow, 'purpose' | 'return_to'> | undefined): string {
  switch (flow?.purpose.to) {
    case 'join':
      return `/invite/${flow.purpose.token}`
    case 'link':
      return flow.return_to.split('#', 1).join()
    default:
      return '/login'
  }
}

const REFUSED: Partial<Record<string, Trouble>> = {
  ALREADY_MEMBER: 'already_member',
  ORG_READ_ONLY: 'read_only',
  INVITE_NOT_FOUND: 'invite',
  NAME_TAKEN: 'name_taken',
}

function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof FlowRefused) return error.trouble
  if (error instanceof ProviderFailure) return error.problem
  return error instanceof ApiError ? REFUSED[error.errorCode] : undefined
}

function redirect(location: string, cookies: readonly string[]): Answer {
  return { status: 302, headers: { Location: location, 'Cache-Control': 'no-store' }, cookies }
}
