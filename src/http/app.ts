import { swagger } from '@elysiajs/swagger'
import { Elysia } from 'elysia'
import { ApiError } from '../contracts/errors.ts'
import { newId } from '../contracts/ids.ts'
import { LIMITS } from '../contracts/limits.ts'
import { API_VERSION } from '../contracts/version.ts'
import { type Assets, docsPage } from './assets.ts'
import type { Deps } from './deps.ts'
import { ERROR_SCHEMA, namedSchemas } from './document.ts'
import { refuse } from './endpoint.ts'
import { internalError } from './reply.ts'
import { authRoutes } from './routes/auth.ts'
import { channelRoutes } from './routes/channels.ts'
import { eventRoutes } from './routes/events.ts'
import { orgRoutes } from './routes/orgs.ts'
import { projectRoutes } from './routes/projects.ts'
import { type Readiness, systemRoutes } from './routes/system.ts'
import { taskRoutes } from './routes/tasks.ts'
import { userRoutes } from './routes/users.ts'
import { socketRoutes } from './routes/ws.ts'

/** Paths that belong to the API: what is not a route there is 404 in the one shape, never a page. */
const API_PATHS = /^\/(api|auth|health|ready|version|metrics|docs)(\/|$)/

/** The HTTP server's routes. One Elysia instance per resource; Elysia routes, our endpoints decide. */
export function createApp(deps: Deps, readiness: Readiness, assets: Assets) {
  return new Elysia({
    name: 'mission-control',
    websocket: {
      maxPayloadLength: LIMITS.ws_frame_bytes_max,
      // Bun pings by itself when a connection is quiet; a peer that does not answer is gone within this time.
      idleTimeout: 60,
      sendPings: true,
      // Ours is reached first (see SendQueue); this one only keeps a mistake from filling the memory.
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
    .use(
      swagger({
        path: '/docs',
        specPath: '/docs/json',
        excludeStaticFile: false,
        exclude: ['/docs', '/docs/json', '/docs/', '/*', '/docs/*'],
        documentation: {
          openapi: '3.1.0',
          info: {
            title: 'Mission Control',
            version: API_VERSION,
            description: 'HTTP API of Mission Control.',
          },
          components: {
            schemas: { ...namedSchemas(), Error: ERROR_SCHEMA } as never,
            securitySchemes: {
              api_key: { type: 'http', scheme: 'bearer', description: 'An agent’s API key.' },
              session: {
                type: 'apiKey',
                in: 'cookie',
                name: 'mc_session',
                description: 'A signed-in person; writes also need X-CSRF-Token.',
              },
            },
          },
          security: [{ api_key: [] }, { session: [] }],
        },
      }),
    )
    .use(systemRoutes(deps, readiness))
    .use(authRoutes(deps))
    .use(orgRoutes(deps))
    .use(userRoutes(deps))
    .use(projectRoutes(deps))
    .use(taskRoutes(deps))
    .use(channelRoutes(deps))
    .use(eventRoutes(deps))
    .use(socketRoutes(deps))
    .get(
      '/docs/*',
      ({ request }) =>
        docsPage(new URL(request.url).pathname, deps.replier.headers) ?? notFound(deps, request),
      { detail: { hide: true } },
    )
    .get(
      '/*',
      ({ request }) => {
        const { pathname } = new URL(request.url)
        if (API_PATHS.test(pathname)) return notFound(deps, request)
        return assets.serve(request, deps.replier.headers) ?? notFound(deps, request)
      },
      { detail: { hide: true } },
    )
}

function notFound(deps: Deps, request: Request): Response {
  return refuse(deps, new ApiError('NOT_FOUND', 'There is no such path.'), newId(), request)
}

function asError(error: unknown): unknown {
  return error ?? internalError()
}
