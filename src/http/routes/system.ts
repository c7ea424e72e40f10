import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { sameText } from '../../auth/same-text.ts'
import { ApiError } from '../../contracts/errors.ts'
import { API_VERSION, MIN_BRIDGE_VERSION, SERVER_VERSION } from '../../contracts/version.ts'
import type { Deps } from '../deps.ts'
import { endpoints } from '../endpoint.ts'

const Ready = Type.Object({
  status: Type.String({ description: '`ready`, or `unavailable` with what is wrong.' }),
  checks: Type.Record(Type.String(), Type.String()),
})

/** Each check says `ok`, `degraded: …` or what is wrong. */
export interface Readiness {
  checks(): Promise<Record<string, string>>
  metrics(): Promise<string>
  /** Token for metrics from elsewhere than this machine. */
  metrics_token: string | undefined
  isLoopback(request: Request): boolean
}

/** Health, readiness, version and metrics. */
export function systemRoutes(deps: Deps, readiness: Readiness) {
  const at = endpoints(deps)
  return new Elysia({ name: 'system' })
    .get(
      '/health',
      ...at.open(
        {
          tag: 'Service',
          open: true,
          unlimited: true,
          while_draining: true,
          summary: 'Is the process alive',
          description: 'Answers as soon as the process serves, whatever the state of the database.',
          ok: { status: 200, schema: Type.Object({ status: Type.Literal('ok') }) },
        },
        async () => ({ body: { status: 'ok' } }),
      ),
    )
    .get(
      '/ready',
      ...at.open(
        {
          tag: 'Service',
          open: true,
          unlimited: true,
          while_draining: true,
          summary: 'Can it be used',
          description:
            'Database (with one PL/pgSQL call), schema version and, if configured, Redis. Without Redis the service is degraded, not unavailable.',
          ok: { status: 200, schema: Ready },
        },
        async () => {
          const checks = deps.edges.draining ? { server: 'draining' } : await readiness.checks()
          const usable = Object.values(checks).every(
            (state) => state === 'ok' || state.startsWith('degraded'),
          )
          return {
            status: usable ? 200 : 503,
            body: { status: usable ? 'ready' : 'unavailable', checks },
            ...(usable ? {} : { headers: { 'Retry-After': '1' } }),
          }
        },
      ),
    )
    .get(
      '/version',
      ...at.open(
        {
          tag: 'Service',
          open: true,
          summary: 'Versions of server, API and the oldest bridge',
          description: 'What a client compares with its own before it goes on.',
          ok: {
            status: 200,
            schema: Type.Object({
              version: Type.String(),
              api_version: Type.String(),
              min_bridge_version: Type.String(),
            }),
          },
        },
        async () => ({
          body: { version: SERVER_VERSION, api_version: API_VERSION, min_bridge_version: MIN_BRIDGE_VERSION },
        }),
      ),
    )
    .get(
      '/metrics',
      ...at.open(
        {
          tag: 'Service',
          open: true,
          unlimited: true,
          while_draining: true,
          summary: 'Prometheus metrics',
          description:
            'From this machine by one of its local names, or with `Authorization: Bearer $MC_METRICS_TOKEN`.',
          ok: { status: 200, content_type: 'text/plain' },
          errors: ['UNAUTHENTICATED'],
        },
        async ({ request, request_id }) => {
          const token = readiness.metrics_token
          const given = request.headers.get('authorization')
          const allowed =
            given === null
              ? readiness.isLoopback(request)
              : token !== undefined && sameText(given, `Bearer ${token}`)
          if (!allowed) throw new ApiError('UNAUTHENTICATED', 'Metrics need the metrics token.')
          const text = await readiness.metrics()
          return {
            response: new Response(text, {
              headers: {
                ...deps.replier.headersFor(request_id),
                'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
                'Cache-Control': 'no-store',
              },
            }),
          }
        },
      ),
    )
}
