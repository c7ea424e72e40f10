import type { KeyVerifier, StoredKey } from '../auth/api-keys.ts'
import { cookieNames, parseCookies } from '../auth/cookies.ts'
import { checkCsrf, sameOrigin } from '../auth/csrf.ts'
import type { Sessions } from '../auth/sessions.ts'
import { ApiError, notFound } from '../contracts/errors.ts'
import type { KeyRefusal } from '../contracts/vocabulary.ts'
import type { Standing } from '../domain/access.ts'
import type { Caller } from '../domain/caller.ts'
import type { Member, Viewer } from '../domain/permissions.ts'
import type { Credential } from '../edge/credential.ts'
import type { OrgEdge } from '../edge/org-edge.ts'
import { failedTooOften } from './limits.ts'

/** Who a request comes from, before any org is looked at. */
export type Identity =
  | { type: 'session'; user_id: string; session_id: string; expires_at: number; by_cookie: boolean }
  | { type: 'key'; key: StoredKey }

export interface Membership {
  edge: OrgEdge
  viewer: Viewer
  caller: Caller
  standing: Standing
  /** What {@link memberNow} found last: it holds until the member is another. */
  found?: { member: Member; now: Pick<Membership, 'caller' | 'standing'> }
}

interface Ports {
  sessions: Sessions
  keys: KeyVerifier
  csrf_secrets: readonly Uint8Array[]
  secure: boolean
  own_origins: readonly string[]
  /** Other origins whose pages may call the API. */
  cors_origins: readonly string[]
  openEdge(org_id: string): Promise<OrgEdge>
  /** Id of the org with this slug; undefined when there is none. */
  orgId(slug: string): Promise<string | undefined>
  /** Remembers that a member was here; must not throw, must not wait. */
  active(org_id: string, user_id: string): void
  /** A key was used; must not throw, must not wait. */
  keyUsed(key: StoredKey): void
  /** A key that is known failed: for the org's log. Must not throw, must not wait. */
  keyFailure(key: StoredKey, reason: KeyRefusal, from: { ip: string; user_agent: string }): void
  /** What failed before from this address, and for this id when there is such a key. */
  keyFailures(ip: string, key_id: string | undefined): { blocked_s: number; add(): void }
}

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Finds out who asks, and as what in which org. The only place that reads credentials. */
export class Identify {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Throws 401, or 403 when a write by cookie lacks its CSRF token. An Authorization header is judged alone. */
  async request(request: Request, ip: string): Promise<Identity> {
    const authorization = request.headers.get('authorization')
    if (authorization !== null)
      return await this.bearer(authorization.match(/^Bearer +(\S+)$/i)?.[1], request, ip)
    const cookies = parseCookies(request.headers.get('cookie'))
    const names = cookieNames(this.#ports.secure)
    const token = cookies.get(names.session)
    if (token === undefined) throw new ApiError('UNAUTHENTICATED', 'Sign in, or send an API key.')
    const identity = await this.#session(token, true)
    if (WRITES.has(request.method)) this.#checkWrite(request, identity.session_id, cookies.get(names.csrf))
    return identity
  }

  /** A token from a header or a WebSocket's sub-protocol: an API key, or the session of a wrapped mobile app. */
  async bearer(token: string | undefined, request: Request, ip: string): Promise<Identity> {
    if (token === undefined)
      throw new ApiError('UNAUTHENTICATED', 'The Authorization header is not of the form "Bearer …".')
    if (!token.startsWith('mc_ak_')) return await this.#session(token, false)
    const verdict = await this.#ports.keys.verify(token, Date.now())
    if (verdict.ok) {
      this.#ports.keyUsed(verdict.stored)
      return { type: 'key', key: verdict.stored }
    }
    if (verdict.stored) this.#ports.keyFailure(verdict.stored, verdict.reason, recordOf(request, ip))
    // Only failures are slowed down: a right key behind the same address must not suffer from a wrong one.
    const failures = this.#ports.keyFailures(ip, verdict.stored?.key_id)
    if (failures.blocked_s > 0) throw failedTooOften('Too many wrong keys.', failures.blocked_s)
    if (verdict.reason !== 'expired') failures.add()
    throw new ApiError('INVALID_API_KEY', 'This API key is not valid.')
  }

  /** The session token that a request carries. */
  sessionToken(request: Request): string | undefined {
    const authorization = request.headers.get('authorization')
    if (authorization !== null) return authorization.match(/^Bearer +(\S+)$/i)?.[1]
    return parseCookies(request.headers.get('cookie')).get(cookieNames(this.#ports.secure).session)
  }

  async #session(token: string, by_cookie: boolean): Promise<Extract<Identity, { type: 'session' }>> {
    const found = await this.#ports.sessions.authenticate(token)
    if ('refusal' in found) throw sessionRefused(found.refusal)
    return {
      type: 'session',
      user_id: found.user_id,
      session_id: found.session_id,
      expires_at: found.expires_at,
      by_cookie,
    }
  }

  #checkWrite(request: Request, session_id: string, cookie: string | undefined): void {
    const header = request.headers.get('x-csrf-token') ?? undefined
    if (!this.isOwnOrigin(request) || !checkCsrf(this.#ports.csrf_secrets, session_id, cookie, header))
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
    const own = sameOrigin({
      origin: request.headers.get('origin'),
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

  /** The caller as a member of the org with this slug. Whoever is not one learns nothing: 404. */
  async member(identity: Identity, slug: string, request: Request, ip: string): Promise<Membership> {
    const org_id = /^[a-z0-9-]{1,64}$/.test(slug) ? await this.#ports.orgId(slug) : undefined
    if (org_id === undefined) throw notFound('org')
    if (identity.type === 'key' && identity.key.org_id !== org_id) throw notFound('org')
    const edge = await this.#ports.openEdge(org_id)
    const viewer = viewerOf(identity)
    const record = recordOf(request, ip)
    if (identity.type === 'key' && edge.permissions.keyEnded(identity.key.id, Date.now()))
      throw new ApiError('INVALID_API_KEY', 'This API key is not valid.')
    if (viewer.kind === 'sub_agent') {
      if (!edge.permissions.scope(viewer.id))
        throw new ApiError('INVALID_API_KEY', 'This API key is not valid.')
      const display_name = identity.type === 'key' ? identity.key.display_name : 'Sub-agent'
      const caller: Caller = {
        kind: 'sub_agent',
        id: viewer.id,
        display_name,
        role: null,
        ...keyOf(identity),
        ...record,
      }
      return { edge, viewer, caller, standing: 'sub_agent' }
    }
    const member = edge.permissions.member(viewer.id)
    if (member?.status !== 'active') throw notFound('org')
    this.#ports.active(org_id, viewer.id)
    const { type: kind, display_name, role } = member
    const caller: Caller = { kind, id: viewer.id, display_name, role, ...keyOf(identity), ...record }
    return { edge, viewer: { kind, id: viewer.id }, caller, standing: role }
  }
}

/** A membership as it is now: a socket outlives changes of its user's name and role. */
export function memberNow(membership: Membership): Pick<Membership, 'caller' | 'standing'> {
  const { caller, standing, edge, viewer } = membership
  if (viewer.kind === 'sub_agent') return { caller, standing }
  const member = edge.permissions.member(viewer.id)
  if (!member) throw notFound('org')
  if (membership.found?.member === member) return membership.found.now
  const { display_name, role } = member
  const now = { caller: { ...caller, display_name, role }, standing: role }
  membership.found = { member, now }
  return now
}

/** What ends a stream that was opened with this identity. */
export function credentialOf(identity: Identity, viewer: Viewer): Credential {
  if (identity.type === 'session')
    return { viewer, session_id: identity.session_id, expires_at: identity.expires_at }
  const ends = [identity.key.expires_at, identity.key.sub_agent_expires_at].flatMap((at) =>
    at ? [Date.parse(at)] : [],
  )
  return { viewer, key_id: identity.key.id, ...(ends.length > 0 ? { expires_at: Math.min(...ends) } : {}) }
}

/** What a security event says of where a request came from. */
function recordOf(request: Request, ip: string): { ip: string; user_agent: string } {
  return { ip, user_agent: (request.headers.get('user-agent') ?? '').slice(0, 300) }
}

function viewerOf(identity: Identity): Viewer {
  if (identity.type === 'session') return { kind: 'human', id: identity.user_id }
  const { sub_agent_id, user_id } = identity.key
  return sub_agent_id === null ? { kind: 'agent', id: user_id } : { kind: 'sub_agent', id: sub_agent_id }
}

function keyOf(identity: Identity): { key_id?: string } {
  return identity.type === 'key' ? { key_id: identity.key.id } : {}
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
