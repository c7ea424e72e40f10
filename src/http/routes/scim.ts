import { Elysia } from 'elysia'
import { newId } from '../../contracts/ids.ts'
import { authorize } from '../../domain/access.ts'
import { draining } from '../../edge/edges.ts'
import { checkConnected, readJson } from '../body.ts'
import type { Deps } from '../deps.ts'
import type { RouteContext } from '../endpoint.ts'
import { refuse, respond } from '../scim/answer.ts'
import { scimCaller } from '../scim/caller.ts'
import { operationOf } from '../scim/operations.ts'
import { readQuery } from '../scim/query.ts'

/** The media types of RFC 7644, section 3.1. */
const SCIM_JSON = /^application\/(scim\+)?json\s*(;|$)/i
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])

/**
 * SCIM 2.0 (RFC 7643 and 7644): an identity provider keeps the people of an org. Not in the API document: the protocol has
 * its own answers and refusals, and tells of itself at `/Schemas`. The order of checks is that of all endpoints.
 */
export function scimRoutes(deps: Deps) {
  const handler = (context: RouteContext) => deps.in_flight.run(() => answer(deps, context))
  const options = { parse: 'none', detail: { hide: true } } as const
  return (
    new Elysia({ name: 'scim', prefix: '/api/v1/orgs/:org_slug/scim/v2' })
      // Of its own: a route for all methods comes after the page of the app, which every GET below `/` has.
      .get('/*', handler, options)
      .all('/*', handler, options)
  )
}

async function answer(deps: Deps, { request, params = {} }: RouteContext): Promise<Response> {
  const request_id = newId()
  try {
    if (deps.edges.draining) throw draining()
    const slug = params.org_slug ?? ''
    const ip = deps.clientIp(request)
    const { principal, edge, token_id } = await scimCaller(deps, request, slug, ip)
    const headers = await deps.limits.principal({ ...principal, id: token_id })
    const { action, id, run } = operationOf(request.method, `/${params['*'] ?? ''}`)
    authorize(action, principal, edge.permissions.readOnly)
    const query = readQuery(new URL(request.url))
    const body = WITH_BODY.has(request.method) ? await readJson(request, { type: SCIM_JSON }) : undefined
    await checkConnected(request)
    const done = await run({
      deps,
      request,
      edge,
      id,
      query,
      body,
      base_url: `${deps.public_url}/api/v1/orgs/${slug}/scim/v2`,
      command: (name, input) =>
        deps.command(edge.org_id, { command_id: newId(), command: name, input, principal }),
    })
    return respond(deps, { ...done, headers: { ...headers, ...done.headers } }, request_id)
  } catch (error) {
    return refuse(deps, error, request, request_id)
  }
}
