import { Elysia } from 'elysia'
import { ApiError } from '../../contracts/errors.ts'
import { newId } from '../../contracts/ids.ts'
import { authorize } from '../../domain/access.ts'
import { channelSocket } from '../channels-ws.ts'
import type { Deps } from '../deps.ts'
import { describe } from '../document.ts'
import { despiteLag, identifyCaller, refuse } from '../endpoint.ts'
import { checkPageUser } from '../identity.ts'

/** The sub-protocol that a browser without headers may authenticate with: `mc.v1, bearer.<api key>`. */
const PROTOCOL = 'mc.v1'

/** The WebSocket with all channels of a user. */
export function socketRoutes(deps: Deps) {
  const detail = describe({
    tag: 'Channels and messages',
    action: 'channel.read',
    summary: 'All channels over one WebSocket',
    description:
      'Credentials go in the upgrade request: cookie (own origin only), Authorization, or `Sec-WebSocket-Protocol: mc.v1, bearer.<api key>`. Never in the query string. `as_user` in the query names the user that a page was drawn for, instead of `X-MC-User`: a browser sends no headers.',
    ok: { status: 101, description: 'Switches to the WebSocket protocol.' },
    errors: ['CONNECTION_LIMIT', 'CSRF_VALIDATION_FAILED', 'VALIDATION_FAILED'],
  })
  return new Elysia({ name: 'channels-ws' }).get(
    '/api/v1/orgs/:org_slug/channels/ws',
    async ({ request, params }) => {
      const request_id = newId()
      try {
        const ip = deps.clientIp(request)
        const offered = (request.headers.get('sec-websocket-protocol') ?? '')
          .split(',')
          .map((name) => name.trim())
        const key = offered.find((name) => name.startsWith('bearer.'))?.slice('bearer.'.length)
        // A browser gives up when none of what it offered is chosen, and the key must not be chosen.
        if (offered.some(Boolean) && !offered.includes(PROTOCOL))
          throw new ApiError('VALIDATION_FAILED', `Offer the sub-protocol ${PROTOCOL}.`)
        const credential = await identifyCaller(deps, ip, () =>
          key === undefined ? deps.identify.request(request, ip) : deps.identify.bearer(key, request, ip),
        )
        const rate = await deps.limits.principal(credential.principal)
        checkPageUser(credential.principal, new URL(request.url).searchParams.get('as_user'))
        if (credential.by_cookie) deps.identify.checkSocketOrigin(request)
        const membership = await despiteLag(deps, params.org_slug, async () => {
          const found = await deps.identify.member(credential, params.org_slug)
          authorize('channel.read', found.principal, found.edge.permissions.readOnly)
          return found
        })
        if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket')
          throw new ApiError('VALIDATION_FAILED', 'This path is for WebSocket connections.')
        deps.edges.admit(membership.edge, 'websocket')
        const headers = { ...deps.replier.headersFor(request_id), ...rate }
        if (offered.includes(PROTOCOL)) Object.assign(headers, { 'Sec-WebSocket-Protocol': PROTOCOL })
        if (deps.upgrade(request, channelSocket(deps, membership), headers)) return undefined
        throw new ApiError('VALIDATION_FAILED', 'This request cannot become a WebSocket.')
      } catch (error) {
        return refuse(deps, error, request_id, request)
      }
    },
    { detail },
  )
}
