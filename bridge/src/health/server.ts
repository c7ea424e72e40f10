import type { Scrubber } from '../log/scrub.ts'
import type { HealthFacts } from './facts.ts'
import type { Metrics } from './metrics.ts'
import { healthReport, readiness } from './report.ts'

export interface HealthServerOptions {
  /** `127.0.0.1` unless configured otherwise: the answers name agents and orgs. */
  host: string
  /** 0 takes any free port. */
  port: number
  facts: () => HealthFacts
  metrics: Metrics
  /** Removes credentials from reasons that came from elsewhere. */
  scrubber: Scrubber
}

export interface HealthServer {
  /** E.g. `http://127.0.0.1:9090`. */
  url: string
  close(): Promise<void>
}

/** The address for health and metrics cannot be used. The message says what to change. */
export class HealthAddressRefused extends Error {
  override name = 'HealthAddressRefused'
}

/**
 * Serves `GET /health` (200, or 503 when failing), `GET /ready` (200 or 503) and `GET /metrics`. Throws
 * `HealthAddressRefused`.
 */
export function serveHealth(options: HealthServerOptions): HealthServer {
  const { host, port } = options
  try {
    const server = Bun.serve({
      hostname: host,
      port,
      // Otherwise two bridges would share the port, and the answer would be of either.
      reusePort: false,
      maxRequestBodySize: 1024,
      idleTimeout: 10,
      fetch: (request) => answer(request, options),
      error: () => new Response('The report could not be made.\n', { status: 500 }),
    })
    return { url: server.url.origin, close: () => server.stop(true) }
  } catch (error) {
    throw new HealthAddressRefused(refusal(host, port, error), { cause: error })
  }
}

/** Whether the address could be listened on. Throws `HealthAddressRefused`. */
export function probeAddress({ host, port }: Pick<HealthServerOptions, 'host' | 'port'>): void {
  try {
    void Bun.serve({ hostname: host, port, reusePort: false, fetch: () => new Response() }).stop(true)
  } catch (error) {
    throw new HealthAddressRefused(refusal(host, port, error), { cause: error })
  }
}

async function answer(request: Request, options: HealthServerOptions): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (!['/health', '/ready', '/metrics'].includes(pathname))
    return new Response('Try /health, /ready or /metrics.\n', { status: 404 })
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return new Response('GET only.\n', { status: 405, headers: { allow: 'GET, HEAD' } })
  if (pathname === '/metrics')
    return new Response(await options.metrics.text(), {
      headers: { 'content-type': options.metrics.content_type, 'cache-control': 'no-store' },
    })
  const facts = options.facts()
  if (pathname === '/ready') {
    const body = readiness(facts)
    return json(body, body.ready ? 200 : 503)
  }
  const report = healthReport(facts)
  return json(cleaned(report, options.scrubber), report.status === 'failing' ? 503 : 200)
}

const json = (body: unknown, status: number) =>
  new Response(`${JSON.stringify(body, null, 2)}\n`, {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })

/** Every text without credentials; names of fields are the report's own. */
function cleaned(value: unknown, scrubber: Scrubber): unknown {
  if (typeof value === 'string') return scrubber.text(value)
  if (Array.isArray(value)) return value.map((item) => cleaned(item, scrubber))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, cleaned(item, scrubber)]))
}

function refusal(host: string, port: number, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const place = `${host}:${port}`
  if (code === 'EADDRINUSE')
    return `${place} is in use, by another mc-bridge or another program. Set another health.port, or stop that program.`
  if (code === 'EACCES') return `${place} is not allowed for this user. Set health.port to 1024 or more.`
  return `${place} cannot be listened on. Check health.host and health.port. (${error instanceof Error ? error.message : code})`
}
