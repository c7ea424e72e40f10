import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { recallRequest } from '../commands/idempotency.ts'
import type { Idempotency, Reply, ReplyTo } from '../contracts/calls.ts'
import { COMMAND_SCHEMAS, type CommandName, type Inputs } from '../contracts/commands.ts'
import { ApiError, type ErrorCode, notFound } from '../contracts/errors.ts'
import { newId } from '../contracts/ids.ts'
import { LIMITS } from '../contracts/limits.ts'
import type { AuthenticatedPrincipal } from '../contracts/principal.ts'
import { Closed } from '../contracts/schema.ts'
import { type Action, authorize } from '../domain/access.ts'
import type { Permissions } from '../domain/permissions.ts'
import { draining } from '../edge/edges.ts'
import type { OrgEdge } from '../edge/org-edge.ts'
import { checkConnected, HungUp, readForm, readJson, SlowBody } from './body.ts'
import { networkOf } from './client-ip.ts'
import type { Deps } from './deps.ts'
import { type Documentation, describe } from './document.ts'
import { gzipped, varyOnEncoding } from './encoding.ts'
import { pathOf } from './host.ts'
import type { Authenticated } from './identity.ts'
import { internalError } from './reply.ts'
import { checker, checkQuery, pathId } from './validate.ts'

/** The part of Elysia's context that routes use. */
export interface RouteContext {
  request: Request
  /** Absent on routes without parameters. */
  params?: Record<string, string>
}

/** A request in an endpoint: authenticated, parsed, validated. */
export interface Call<Body, Query> {
  request: Request
  request_id: string
  ip: string
  params: Record<string, string>
  query: Query
  body: Body
  principal: AuthenticatedPrincipal
  /** With which the principal was authenticated. */
  credential: Authenticated
  /** Set by the `Idempotency-Key` of a POST. */
  idempotency: Idempotency | undefined
}

/** A request inside an org: the principal has its name, role and scope there. */
export interface OrgCall<Body, Query> extends Call<Body, Query> {
  edge: OrgEdge
  org_id: string
  /** The answer of an earlier request with the same key, when this one would be refused if it were no repeat. */
  recalled: Reply | undefined
  /** Set on repeatable operations when the caller is over its rate: only a repeat may be answered then. */
  limited: ApiError | undefined
  /** What the org allows to whom, at the end of its log: for answers that follow from it. Refusals need it not. */
  rights(): Promise<Permissions>
  /** Runs a command in the org's lane; the answer of an earlier request with the same key says so. */
  command<N extends CommandName>(name: N, input: Inputs[N]): Promise<ReplyTo<N>>
}

export interface Answer {
  status?: number
  body?: unknown
  headers?: Record<string, string>
  /** Values of `Set-Cookie`, one header each. */
  cookies?: readonly string[]
  /** A response of the endpoint's own (streams, redirects). */
  response?: Response
}

interface Spec<B extends TSchema, Q extends TSchema> extends Documentation {
  body?: B
  query?: Q
  /** The body may also be a form, as mail programs send it. */
  form?: boolean
  /** A POST without a body is taken as `{}`. */
  body_optional?: boolean
  /** Counted apart from calls. */
  picture?: boolean
  /** Never compressed: the body joins a secret with a value that the caller may choose (BREACH). */
  uncompressed?: boolean
  /** Answered also by a node that stops: what watches it asks for these. */
  while_draining?: boolean
}

type BodyOf<B> = B extends TSchema ? Static<B> : undefined
type QueryOf<Q> = Q extends TSchema ? Static<Q> : Record<never, never>

/** Path parameters that are ids; everything else is left to the endpoint. */
const ID_PARAMS = /^(id|.*_id)$/

/** Those that may be `me`, the caller. */
const ME_PARAMS = new Set(['user_id', 'sub_agent_id'])

/** An operation without a body takes none or an empty one: its fields would be unknown. */
const NO_BODY = Closed({})

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

type MemberOf = Awaited<ReturnType<Deps['identify']['member']>>

/**
 * Makes endpoints for Elysia: the order of checks is the same everywhere. Request id → credentials → rate limit →
 * org and role (hidden is 404, too low is 403) → path → query → body → handler. A repeat by `Idempotency-Key` is answered
 * over the rate limit and in a read-only org too. What is thrown is answered in the one shape.
 */
export function endpoints(deps: Deps) {
  const { replier } = deps

  const vary = varyOnEncoding(deps.cors_origins)

  /** Reads of an org are compressed. All other answers may show a secret once, e.g. a session or a new key. */
  async function json(
    spec: Pick<Documentation, 'action'> & { uncompressed?: boolean },
    request: Request,
    status: number,
    body: unknown,
    request_id: string,
    extra: Record<string, string>,
  ): Promise<Response> {
    const text = JSON.stringify(body)
    if (request.method !== 'GET' || !spec.action || spec.uncompressed)
      return replier.encoded(status, text, request_id, extra)
    const { body: encoded, headers } = await gzipped(request, text, extra, vary)
    return replier.encoded(status, encoded, request_id, headers)
  }

  function wrap<B extends TSchema, Q extends TSchema>(
    spec: Spec<B, Q>,
    run: (
      context: RouteContext,
      request_id: string,
      read: () => Promise<{ body: BodyOf<B>; query: QueryOf<Q> }>,
    ) => Promise<{ answer: Answer; headers: Record<string, string> }>,
  ) {
    const checkBody = checker<TSchema>(spec.body ?? NO_BODY)
    const query = spec.query && checkQuery(spec.query)
    const handler = async (context: RouteContext): Promise<Response> =>
      await deps.in_flight.run(() => answer(context))
    const answer = async (context: RouteContext): Promise<Response> => {
      const request_id = newId()
      const { request } = context
      const read = async () => {
        const url = new URL(request.url)
        const parsed = query ? query(url.searchParams) : {}
        let body: unknown
        if (WRITES.has(request.method)) {
          body = await (spec.form ? readForm(request) : readJson(request))
          const left_out = body === undefined && (spec.body_optional || !spec.body)
          body = checkBody(left_out ? {} : body)
          if (!spec.body) body = undefined
          await checkConnected(request)
        }
        return { body: body as BodyOf<B>, query: parsed as QueryOf<Q> }
      }
      try {
        if (deps.edges.draining && !spec.while_draining) throw draining()
        const { answer, headers } = await run(context, request_id, read)
        if (answer.response) return withHeaders(answer.response, headers)
        const status = answer.status ?? (answer.body === undefined ? 204 : 200)
        const extra = { ...headers, ...answer.headers }
        const response =
          answer.body === undefined
            ? replier.empty(status, request_id, extra)
            : await json(spec, request, status, answer.body, request_id, extra)
        for (const cookie of answer.cookies ?? []) response.headers.append('Set-Cookie', cookie)
        return response
      } catch (error) {
        return refuse(deps, error, request_id, request)
      }
    }
    return [handler, { parse: 'none', detail: describe(spec) }] as const
  }

  const identify = (request: Request, ip: string) =>
    identifyCaller(deps, ip, () => deps.identify.request(request, ip))

  /** Over the limit only a repeat is answered, and of those no more than of calls. */
  async function limit(
    principal: AuthenticatedPrincipal,
    may_repeat: boolean,
  ): Promise<{ headers: Record<string, string>; limited?: ApiError }> {
    let headers: Record<string, string> = {}
    const limited = await refusalOf(async () => {
      headers = await deps.limits.principal(principal)
    })
    if (!limited) return { headers }
    if (!may_repeat) throw limited
    await deps.limits.repeat(principal)
    return { headers, limited }
  }

  return {
    /** Anybody may call it; limited per address, but for what machines ask all the time. */
    open<B extends TSchema, Q extends TSchema>(
      spec: Spec<B, Q> & {
        sign_in?: boolean
        unlimited?: boolean
        /** A page of another site leads here, such as a sign-in provider's. */
        from_elsewhere?: boolean
      },
      handle: (
        call: Omit<Call<BodyOf<B>, QueryOf<Q>>, 'principal' | 'credential' | 'idempotency'>,
      ) => Promise<Answer>,
    ) {
      return wrap(spec, async ({ request, params = {} }, request_id, read) => {
        const ip = deps.clientIp(request)
        const device = spec.sign_in ? deps.devices.of(request.headers.get('cookie')) : undefined
        const headers = spec.unlimited
          ? {}
          : spec.sign_in
            ? await deps.limits.signIn(networkOf(ip), device?.id)
            : await deps.limits.anonymous(networkOf(ip))
        if (spec.sign_in && !spec.from_elsewhere) deps.identify.checkOrigin(request)
        const { body, query } = await read()
        return { answer: await handle({ request, request_id, ip, params, body, query }), headers }
      })
    },

    /** Somebody who is signed in, outside of an org. */
    signedIn<B extends TSchema, Q extends TSchema>(
      spec: Spec<B, Q>,
      handle: (call: Call<BodyOf<B>, QueryOf<Q>>) => Promise<Answer>,
    ) {
      return wrap(spec, async ({ request, params = {} }, request_id, read) => {
        const ip = deps.clientIp(request)
        const credential = await identify(request, ip)
        const { principal } = credential
        const headers = await deps.limits.principal(principal)
        checkIds(params)
        const { body, query } = await read()
        const idempotency = await idempotencyOf(request, body)
        const call = { request, request_id, ip, params, body, query, principal, credential, idempotency }
        return { answer: await handle(call), headers }
      })
    },

    /** A member of the org in the path who may do `action`. */
    org<B extends TSchema, Q extends TSchema>(
      spec: Spec<B, Q> & { action: Action },
      handle: (call: OrgCall<BodyOf<B>, QueryOf<Q>>) => Promise<Answer>,
    ) {
      return wrap(spec, async ({ request, params = {} }, request_id, read) => {
        const ip = deps.clientIp(request)
        const credential = await identify(request, ip)
        const { headers, limited } = spec.picture
          ? { headers: await deps.limits.picture(credential.principal), limited: undefined }
          : await limit(credential.principal, mayRepeat(request) || spec.repeatable === true)
        let reading: ReturnType<typeof read> | undefined
        const readOnce = () => (reading ??= read())
        let has_effect = false
        const attempt = async (): Promise<Answer> => {
          const member = await deps.identify.member(credential, params.org_slug ?? '')
          const proceed = () => judged(member)
          return WRITES.has(request.method)
            ? await deps.writes_under_way.run(member.edge.org_id, proceed)
            : await proceed()
        }
        const judged = async ({ edge, principal }: MemberOf): Promise<Answer> => {
          authorize(spec.action, principal, false)
          const read_only = await refusalOf(async () =>
            authorize(spec.action, principal, edge.permissions.readOnly),
          )
          if (read_only && !mayRepeat(request)) throw read_only
          checkIds(params)
          const { body, query } = await readOnce()
          const idempotency = await idempotencyOf(request, body)
          const refused = limited ?? read_only
          const recalled =
            refused && idempotency
              ? await recallRequest(deps.database, edge.org_id, principal.id, idempotency)
              : undefined
          // Where the body may say that it is a repeat, the handler finds out.
          if (refused && !recalled && (read_only || !spec.repeatable)) throw refused
          const command = async <N extends CommandName>(name: N, input: Inputs[N]): Promise<ReplyTo<N>> => {
            if (recalled) return storedReply(name, recalled)
            const command_id = newId()
            const call = {
              command_id,
              command: name,
              input,
              principal,
              ...(idempotency ? { idempotency } : {}),
            }
            const reply = await deps.command(edge.org_id, call)
            has_effect = true
            return reply
          }
          const org_id = edge.org_id
          const full = {
            request,
            request_id,
            ip,
            params,
            body,
            query,
            credential,
            edge,
            org_id,
            principal,
            idempotency,
            recalled,
            limited: recalled ? undefined : limited,
            rights: async () => (await deps.edges.current(org_id)).permissions,
            command,
          }
          return await handle(full)
        }
        const answer = await despiteLag(deps, params.org_slug ?? '', attempt, () => !has_effect)
        return { answer, headers }
      })
    },
  }
}

/**
 * Runs a check of rights, and runs it again when it refused at an edge that was behind its log: behind a balancer a client may
 * ask one node for what another one has just told it.
 */
export async function despiteLag<T>(
  { edges, identify }: Pick<Deps, 'edges' | 'identify'>,
  org_slug: string,
  run: () => Promise<T>,
  may_repeat: () => boolean = () => true,
): Promise<T> {
  const org_id = await identify.orgId(org_slug)
  const seen = org_id === undefined ? undefined : edges.peek(org_id)?.head()
  try {
    return await run()
  } catch (error) {
    const refused = error instanceof ApiError && [401, 403, 404].includes(error.status)
    if (!refused || !may_repeat() || org_id === undefined || seen === undefined) throw error
    if (!(await edges.wasBehind(org_id, seen).catch(() => false))) throw error
    return await run()
  }
}

/** Failed authentication counts against the rate of the address, so that guessing is bounded; who goes on waits. */
export async function identifyCaller(
  deps: Pick<Deps, 'limits'>,
  ip: string,
  identify: () => Promise<Authenticated>,
): Promise<Authenticated> {
  try {
    return await identify()
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) await deps.limits.anonymous(networkOf(ip))
    if (error instanceof ApiError && error.status === 429) await deps.limits.held(networkOf(ip))
    throw error
  }
}

/** The response to a thrown error: a refusal as it is, anything else as 500 without details. */
export function refuse(
  deps: Pick<Deps, 'replier' | 'log'>,
  error: unknown,
  request_id: string,
  request: Request,
): Response {
  if (error instanceof SlowBody) return deps.replier.refusal(error, request_id, { Connection: 'close' })
  if (error instanceof ApiError) return deps.replier.refusal(error, request_id)
  if (!(error instanceof HungUp))
    deps.log.failed(`${request.method} ${pathOf(request)} (${request_id})`, error)
  return deps.replier.refusal(internalError(), request_id)
}

/** A command's answer: 201 (or what is given) with its result, marked when it is a replay. */
export function created(reply: Reply, body: unknown = reply.result, status = 201): Answer {
  return reply.replayed ? { status, body, headers: { 'Idempotent-Replay': 'true' } } : { status, body }
}

/** A stored answer as the reply of its command. */
export function storedReply<N extends CommandName>(name: N, stored: Reply): ReplyTo<N> {
  if (isReplyTo(name, stored)) return stored
  throw new Error(`A stored answer is not one of ${name}`)
}

function isReplyTo<N extends CommandName>(name: N, reply: Reply): reply is ReplyTo<N> {
  return Value.Check(COMMAND_SCHEMAS[name].result, reply.result)
}

/** The refusal that a check throws, held back because it does not apply to a repeat. */
export async function refusalOf(check: () => Promise<void>): Promise<ApiError | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}

function withHeaders(response: Response, headers: Record<string, string>): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}

const mayRepeat = (request: Request): boolean =>
  request.method === 'POST' && request.headers.has('idempotency-key')

function checkIds(params: Record<string, string>): void {
  for (const [name, value] of Object.entries(params)) {
    if (!ID_PARAMS.test(name) || (ME_PARAMS.has(name) && value === 'me')) continue
    params[name] = pathId(value)
  }
}

async function idempotencyOf(request: Request, body: unknown): Promise<Idempotency | undefined> {
  if (request.method !== 'POST') return undefined
  const key = request.headers.get('idempotency-key')
  if (key === null) return undefined
  if (key.length === 0 || key.length > LIMITS.idempotency_key_max)
    throw new ApiError('VALIDATION_FAILED', 'The request is not valid.', {
      details: [{ path: 'Idempotency-Key', message: `1 to ${LIMITS.idempotency_key_max} characters.` }],
    })
  const { pathname } = new URL(request.url)
  const bytes = new TextEncoder().encode(JSON.stringify(body ?? null))
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return { route: `POST ${pathname}`, key, fingerprint: Buffer.from(digest).toString('base64url') }
}

/** An id of the path. */
export function idOf({ params }: Pick<Call<unknown, unknown>, 'params'>, name: string): string {
  const id = params[name]
  if (id === undefined) throw new Error(`unreachable: the path has no ${name}`)
  return id
}

/** For paths that name something the caller must not know of. */
export const hidden = (resource: string): ApiError => notFound(resource)

export type { ErrorCode }
