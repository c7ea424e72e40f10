import { KEY_CHARACTERS, type KeyVerifier } from '../auth/api-keys.ts'
import { type CookieScope, cookieNames, cookieValues } from '../auth/cookies.ts'
import { checkCsrf, sameOrigin } from '../auth/csrf.ts'
import type { Sessions } from '../auth/sessions.ts'
import { ApiError, notFound } from '../contracts/errors.ts'
import type { AuthenticatedPrincipal } from '../contracts/principal.ts'
import type { KeyRefusal } from '../contracts/vocabulary.ts'
import type { StoredKey } from '../domain/credentials.ts'
import type { Member } from '../domain/permission-snapshot.ts'
import { admits, signInRule } from '../domain/sign-in.ts'
import type { Credential } from '../edge/credential.ts'
import type { OrgEdge } from '../edge/org-edge.ts'
import { failedTooOften } from './limits.ts'

/** Credentials that were checked, before any org is looked at. */
export interface Authenticated extends Credential {
  /** Of a session: its start, in milliseconds since 1970. */
  opened_at?: number
  /** From the session cookie of a browser: its writes need a CSRF token. */
  by_cookie: boolean
}

/** Credentials in an org: the principal has its name and its role there. */
export interface Membership extends Credential {
  edge: OrgEdge
  /** See {@link Identify.holds}. */
  holds(): Promise<boolean>
  /** Memo of {@link principalNow}: valid while the permissions hold the same member. */
  found?: { member: Member; principal: AuthenticatedPrincipal }
}

interface Ports {
  sessions: Sessions
  keys: KeyVerifier
  csrf_secrets: readonly Uint8Array[]
  cookies: CookieScope
  own_origins: readonly string[]
  /** Other origins whose pages may call the API. */
  cors_origins: readonly string[]
  openEdge(org_id: string): Promise<OrgEdge>
  /** Id of the member that a session of an account, opened at a time, acts as; undefined for a stranger to the org. */
  memberOf(edge: OrgEdge, account_id: string, opened_at: number): Promise<string | undefined>
  /** Id of the org with this slug; undefined when there is none. */
  orgId(slug: string): Promise<string | undefined>
  /** Notes the member's activity; must not throw, must not wait. */
  active(org_id: string, user_id: string): void
  /** A key was used; must not throw, must not wait. */
  keyUsed(key: StoredKey): void
  /** A key that is known failed: for the org's log. Must not throw, must not wait. */
  keyFailure(key: StoredKey, reason: KeyRefusal, from: Origin): void
  /** Earlier failures from this address, and of this key when it exists. */
  keyFailures(ip: string, key_id: string | undefined): Promise<{ blocked_s: number; add(): Promise<void> }>
}

/** Characters of a `User-Agent` that are kept in a record. */
const USER_AGENT_MAX = 300

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Authentication: checks credentials and finds the principal's membership of an org. Nothing else reads credentials. */
export class Identify {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Throws 401, or 403 when a write by cookie lacks its CSRF token. An Authorization header is judged alone. */
  async request(request: Request, ip: string): Promise<Authenticated> {
    const authorization = request.headers.get('authorization')
    if (authorization !== null)
      return await this.bearer(authorization.match(/^Bearer +(\S+)$/i)?.[1], request, ip)
    const token = this.sessionToken(request)
    if (token === undefined) throw new ApiError('UNAUTHENTICATED', 'Sign in, or send an API key.')
    const authenticated = await this.#session(token, true, request, ip)
    const { session_id = '' } = authenticated.principal
    if (WRITES.has(request.method)) this.#checkWrite(request, session_id)
    return authenticated
  }

  /** A token from a header or a WebSocket's sub-protocol: an API key, or the session of a wrapped mobile app. */
  async bearer(token: string | undefined, request: Request, ip: string): Promise<Authenticated> {
    if (token === undefined)
      throw new ApiError('UNAUTHENTICATED', 'The Authorization header is not of the form "Bearer …".')
    if (!token.startsWith('mc_ak_')) return await this.#session(token, false, request, ip)
    const origin = recordOf(request, ip)
    const verdict = await this.#ports.keys.verify(token, Date.now())
    if (verdict.ok) {
      this.#ports.keyUsed(verdict.stored)
      return ofKey(verdict.stored, origin)
    }
    const malformed = !verdict.stored && verdict.reason === 'malformed'
    if (verdict.stored) this.#ports.keyFailure(verdict.stored, verdict.reason, origin)
    // Only failures are slowed down: a right key behind the same address must not suffer from a wrong one.
    const failures = await this.#ports.keyFailures(ip, verdict.stored?.key_id)
    if (failures.blocked_s > 0) throw failedTooOften('Too many wrong keys.', failures.blocked_s)
    if (verdict.reason !== 'expired') await failures.add()
    throw malformed ? misshapenKey() : invalidKey()
  }

  /** The session token that a request carries. */
  sessionToken(request: Request): string | undefined {
    const authorization = request.headers.get('authorization')
    if (authorization !== null) return authorization.match(/^Bearer +(\S+)$/i)?.[1]
    return cookieValues(request.headers.get('cookie'), cookieNames(this.#ports.cookies).session)[0]
  }

  async #session(token: string, by_cookie: boolean, request: Request, ip: string): Promise<Authenticated> {
    const found = await this.#ports.sessions.authenticate(token)
    if ('refusal' in found) throw sessionRefused(found.refusal)
    const { user_id: id, session_id, opened_at, expires_at, way } = found
    const principal = {
      kind: 'human',
      id,
      display_name: '',
      org_id: null,
      role: null,
      session_id,
      sign_in: way,
      ...recordOf(request, ip),
    } as const
    checkPageUser(principal, request.headers.get('x-mc-user'))
    return { principal, opened_at, expires_at, by_cookie }
  }

  #checkWrite(request: Request, session_id: string): void {
    const header = request.headers.get('x-csrf-token') ?? undefined
    const cookies = cookieValues(request.headers.get('cookie'), cookieNames(this.#ports.cookies).csrf)
    if (!this.isOwnOrigin(request) || !checkCsrf(this.#ports.csrf_secrets, session_id, cookies, header))
      throw csrfFailed()
  }

  /** Sign-in routes have no session yet: a foreign page must not sign a browser in as somebody else. */
  checkOrigin(request: Request): void {
    if (!this.isOwnOrigin(request)) throw csrfFailed()
  }

  /**
   * A page's WebSocket always says its origin, and that alone counts: browsers do not agree on what `Sec-Fetch-Site` says
   * of a connection whose scheme is another than the page's.
   */
  checkSocketOrigin(request: Request): void {
    const origin = request.headers.get('origin')
    if (origin === null) throw csrfFailed()
    const own = sameOrigin({
      origin,
      sec_fetch_site: null,
      own_origins: this.#ports.own_origins,
      cors_origins: this.#ports.cors_origins,
    })
    if (!own) throw csrfFailed()
  }

  isOwnOrigin(request: Request): boolean {
    return sameOrigin({
      origin: request.headers.get('origin'),
      sec_fetch_site: request.headers.get('sec-fetch-site'),
      own_origins: this.#ports.own_origins,
      cors_origins: this.#ports.cors_origins,
    })
  }

  /** Id of the org with this slug; undefined when there is none, or can be none. */
  async orgId(slug: string): Promise<string | undefined> {
    return /^[a-z0-9-]{1,64}$/.test(slug) ? await this.#ports.orgId(slug) : undefined
  }

  /**
   * The principal as a member of the org with this slug. 404 for anybody else, whether the org exists or not. A session
   * names an account; the principal has the id of the member that the account acts as.
   */
  async member(credential: Authenticated, slug: string): Promise<Membership> {
    const { principal, opened_at, expires_at } = credential
    const org_id = await this.orgId(slug)
    if (org_id === undefined) throw notFound('org')
    if (principal.org_id !== null && principal.org_id !== org_id) throw notFound('org')
    const edge = await this.#ports.openEdge(org_id)
    const { permissions } = edge
    const ends = expires_at === undefined ? {} : { expires_at }
    if (principal.key_id !== undefined && permissions.keyEnded(principal.key_id, Date.now()))
      throw invalidKey()
    if (principal.kind === 'sub_agent') {
      const found = permissions.subAgent(principal.id)
      if (!found) throw invalidKey()
      const { display_name, task_id, project_ids } = found
      const holds = async () => true
      const scope = { task_id, project_ids }
      return { edge, holds, principal: { ...principal, display_name, org_id, scope }, ...ends }
    }
    const id =
      opened_at === undefined ? principal.id : await this.#ports.memberOf(edge, principal.id, opened_at)
    const member = id === undefined ? undefined : permissions.member(id)
    if (id === undefined || member?.status !== 'active' || !isAdmitted(principal, edge)) throw notFound('org')
    this.#ports.active(org_id, id)
    const { type: kind, display_name, role } = member
    if (kind === 'agent') edge.attendance.called(id, Date.now())
    return {
      edge,
      holds: () => this.holds(credential, edge, id),
      principal: { ...principal, id, kind, display_name, org_id, role },
      ...ends,
    }
  }

  /**
   * Whether a credential acts as a member of an org still. A sink asks once it is open: an event before that did not reach
   * it. A key always belongs to the same member.
   */
  async holds({ principal, opened_at }: Authenticated, edge: OrgEdge, member_id: string): Promise<boolean> {
    if (opened_at === undefined) return true
    if (!isAdmitted(principal, edge)) return false
    return (await this.#ports.memberOf(edge, principal.id, opened_at)) === member_id
  }
}

/**
 * A page names the user that it was drawn for: since then another person may have signed in in the same browser, and nothing
 * that one wrote may be sent as the other. Throws 409 for another user. Keys belong to no browser and are not checked.
 */
export function checkPageUser(principal: AuthenticatedPrincipal, named: string | null | undefined): void {
  if (principal.session_id === undefined || named === null || named === undefined) return
  if (named.toLowerCase() === principal.id) return
  throw new ApiError(
    'OTHER_USER',
    'Another person has signed in in this browser. Sign in again to go on as yourself.',
  )
}

/** The principal of a membership as it is now: a socket outlives changes of its user's name and role. */
export function principalNow(membership: Membership): AuthenticatedPrincipal {
  const { principal, edge, found } = membership
  if (principal.kind === 'sub_agent') return principal
  const member = edge.permissions.member(principal.id)
  if (!member) throw notFound('org')
  if (found?.member === member) return found.principal
  const { display_name, role } = member
  const now = { ...principal, display_name, role }
  membership.found = { member, principal: now }
  return now
}

/** Whether the org takes sessions that were started like this one. Keys are no matter of it. */
function isAdmitted({ sign_in }: AuthenticatedPrincipal, { permissions }: OrgEdge): boolean {
  return sign_in === undefined || admits(signInRule(permissions.settings), sign_in)
}

/** Where a request came from, for the record of security events. */
interface Origin {
  ip: string
  user_agent: string
}

function recordOf(request: Request, ip: string): Origin {
  return { ip, user_agent: (request.headers.get('user-agent') ?? '').slice(0, USER_AGENT_MAX) }
}

/** A key ends by its own time or with its sub-agent, whichever comes first. */
function ofKey(key: StoredKey, origin: Origin): Authenticated {
  const { org_id, user_id, sub_agent_id, display_name, id: key_id } = key
  const who =
    sub_agent_id === null
      ? ({ kind: 'agent', id: user_id } as const)
      : ({ kind: 'sub_agent', id: sub_agent_id } as const)
  const ends = [key.expires_at, key.sub_agent_expires_at].flatMap((at) => (at ? [Date.parse(at)] : []))
  return {
    principal: { ...who, display_name, org_id, role: null, key_id, ...origin },
    by_cookie: false,
    ...(ends.length > 0 ? { expires_at: Math.min(...ends) } : {}),
  }
}

/** Told apart by its shape alone: most often a key was not copied whole. */
function misshapenKey(): ApiError {
  return new ApiError(
    'INVALID_API_KEY',
    `This is not a whole API key: one has ${KEY_CHARACTERS} characters. Copy it again.`,
  )
}

function invalidKey(): ApiError {
  return new ApiError('INVALID_API_KEY', 'This API key is not valid.')
}

function sessionRefused(refusal: 'SESSION_EXPIRED' | 'SESSION_REVOKED' | 'UNAUTHENTICATED'): ApiError {
  const messages = {
    SESSION_EXPIRED: 'Your session has ended. Sign in again.',
    SESSION_REVOKED: 'You were signed out. Sign in again.',
    UNAUTHENTICATED: 'Sign in, or send an API key.',
  }
  return new ApiError(refusal, messages[refusal])
}

function csrfFailed(): ApiError {
  return new ApiError(
    'CSRF_VALIDATION_FAILED',
    'This request did not come from a page of this server. Reload and try again.',
  )
}
