import { Elysia } from 'elysia'
import { ApiError } from '../contracts/errors.ts'
import { newId } from '../contracts/ids.ts'
import { LIMITS } from '../contracts/limits.ts'
import { type Assets, GUIDE } from './assets.ts'
import { basePath } from './base-path.ts'
import { cors } from './cors.ts'
import type { Deps } from './deps.ts'
import { docsPage } from './docs-page.ts'
import { gzipped, varyOnEncoding } from './encoding.ts'
import { refuse } from './endpoint.ts'
import { hostCheck } from './host.ts'
import { openApi } from './openapi.ts'
import { internalError } from './reply.ts'
import { agentRoutes } from './routes/agents.ts'
import { authRoutes } from './routes/auth/routes.ts'
import { channelRoutes } from './routes/channels.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { emailRoutes } from './routes/emails.ts'
import { eventRoutes } from './routes/events.ts'
import { exportRoutes } from './routes/exports.ts'
import { jobRoutes } from './routes/jobs.ts'
import { messageRoutes } from './routes/messages.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { orgRoutes } from './routes/orgs.ts'
import { projectRoutes } from './routes/projects.ts'
import { scimRoutes } from './routes/scim.ts'
import { scimTokenRoutes } from './routes/scim-tokens.ts'
import { searchRoutes } from './routes/search.ts'
import { subAgentRoutes } from './routes/sub-agents.ts'
import { type Readiness, systemRoutes } from './routes/system.ts'
import { taskRoutes } from './routes/tasks.ts'
import { unsubscribeRoutes } from './routes/unsubscribe.ts'
import { userLinkRoutes } from './routes/user-links.ts'
import { userRoutes } from './routes/users.ts'
import { socketRoutes } from './routes/ws.ts'

/** Paths of the API. An unknown path below them is a 404 refusal, never the app's page. */
const API_PATHS = /^\/(api|auth|health|ready|version|metrics|docs)(\/|$)/

/** Routes of the API document, one Elysia instance per resource. Elysia routes; `endpoints` checks and refuses. */
function routes(deps: Deps, readiness: Readiness) {
  return new Elysia({ name: 'routes' })
    .use(systemRoutes(deps, readiness))
    .use(authRoutes(deps))
    .use(orgRoutes(deps))
    .use(userRoutes(deps))
    .use(userLinkRoutes(deps))
    .use(scimTokenRoutes(deps))
    .use(scimRoutes(deps))
    .use(agentRoutes(deps))
    .use(projectRoutes(deps))
    .use(taskRoutes(deps))
    .use(subAgentRoutes(deps))
    .use(channelRoutes(deps))
    .use(messageRoutes(deps))
    .use(deliveryRoutes(deps))
    .use(eventRoutes(deps))
    .use(notificationRoutes(deps))
    .use(searchRoutes(deps))
    .use(emailRoutes(deps))
    .use(unsubscribeRoutes(deps))
    .use(jobRoutes(deps))
    .use(exportRoutes(deps))
    .use(socketRoutes(deps))
}

/** The listening server of an app; null until it listens. */
export type HttpServer = Elysia['server']

/** The HTTP server: API, its document, and the app. */
export function createApp(deps: Deps, readiness: Readiness, assets: Assets) {
  let document: Promise<string> | undefined
  const vary = varyOnEncoding(deps.cors_origins)
  return new Elysia({
    name: 'mission-control',
    websocket: {
      maxPayloadLength: LIMITS.ws_frame_bytes_max,
      // WsSink sends pings: those of the runtime stop while it sends frames.
      idleTimeout: 120,
      sendPings: false,
      // SendQueue has a lower limit; this one keeps a mistake from filling the memory.
      backpressureLimit: 4 * LIMITS.send_queue_bytes_max,
      closeOnBackpressureLimit: true,
      perMessageDeflate: false,
    },
  })
    .onError(({ error, code, request }) => {
      const request_id = newId()
      if (code === 'NOT_FOUND')
        return refuse(deps, new ApiError('NOT_FOUND', 'There is no such path.'), request_id, request)
      if (code === 'PARSE')
        return refuse(deps, new ApiError('INVALID_JSON', 'The body is not JSON.'), request_id, request)
      return refuse(deps, error instanceof ApiError ? error : asError(error), request_id, request)
    })
    .use(basePath(deps.base_path))
    .use(hostCheck(deps.replier))
    .use(cors(deps.cors_origins, () => deps.replier.headersFor(newId())))
    .use(routes(deps, readiness))
    .get(
      '/docs/json',
      async ({ request }) => {
        document ??= openApi((app) => app.use(routes(deps, readiness)), deps.base_path)
        const plain = { ...deps.replier.headersFor(newId()), 'Content-Type': 'application/json' }
        const { body, headers } = await gzipped(request, await document, plain, vary)
        return new Response(request.method === 'HEAD' ? null : body, { headers })
      },
      { detail: { hide: true } },
    )
    .get(GUIDE, ({ request }) => guide(deps, request, assets, vary), { detail: { hide: true } })
    .get(`${GUIDE}/*`, ({ request }) => guide(deps, request, assets, vary), { detail: { hide: true } })
    .get('/docs', ({ request }) => docs(deps, request, vary), { detail: { hide: true } })
    .get('/docs/*', ({ request }) => docs(deps, request, vary), { detail: { hide: true } })
    .get(
      '/*',
      ({ request }) => {
        const { pathname } = new URL(request.url)
        if (API_PATHS.test(pathname)) return notFound(deps, request)
        return assets.serve(request, deps.replier.headersFor(newId()), vary) ?? notFound(deps, request)
      },
      { detail: { hide: true } },
    )
}

async function docs(deps: Deps, request: Request, vary: string): Promise<Response> {
  return (
    (await docsPage(request, deps.replier.headersFor(newId()), vary, deps.base_path)) ??
    notFound(deps, request)
  )
}

/** Pages of the guide name each other relatively: the address of its folder ends with a slash. */
function guide(deps: Deps, request: Request, assets: Assets, vary: string): Response {
  if (new URL(request.url).pathname === GUIDE && assets.has(`${GUIDE}/index.html`))
    return deps.replier.empty(308, newId(), { Location: `${deps.base_path}${GUIDE}/` })
  return assets.guide(request, deps.replier.headersFor(newId()), vary) ?? notFound(deps, request)
}

function notFound(deps: Deps, request: Request): Response {
  return refuse(deps, new ApiError('NOT_FOUND', 'There is no such path.'), newId(), request)
}

function asError(error: unknown): unknown {
  return error ?? internalError()
}
