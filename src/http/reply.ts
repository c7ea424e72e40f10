import { ApiError, type RateLimitState } from '../contracts/errors.ts'
import { API_VERSION } from '../contracts/version.ts'

/** Headers of every response. */
export interface BaseHeaders {
  readonly all: Readonly<Record<string, string>>
}

export const CONTENT_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * Text never becomes markup, script or the address of a script, except by two policies: Vue's, for the static parts of its
 * templates, and the app's own, which names its workers (ui/src/trusted-types.ts).
 */
export const TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types vue default"

/**
 * Security headers and API version of every response. `https` adds HSTS; over plain http pages are told the installation,
 * since the names of their cookies carry it.
 */
export function baseHeaders(options: { https: boolean; installation: string }): BaseHeaders {
  const all: Record<string, string> = {
    'X-MC-API-Version': API_VERSION,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Content-Security-Policy': `${CONTENT_POLICY}; ${TRUSTED_TYPES}`,
  }
  if (options.https) all['Strict-Transport-Security'] = 'max-age=63072000; includeSubDomains'
  else all['X-MC-Installation'] = options.installation
  return { all }
}

/** Builds responses, each with the id of its request. */
export class Replier {
  readonly #base: Readonly<Record<string, string>>
  readonly #json: Readonly<Record<string, string>>

  constructor(base: BaseHeaders) {
    this.#base = base.all
    this.#json = {
      ...base.all,
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
    }
  }

  /** Headers of a response that is built elsewhere: a page, a file, a stream, an upgrade. */
  headersFor(request_id: string): Record<string, string> {
    return { ...this.#base, 'X-Request-Id': request_id }
  }

  json(status: number, body: unknown, request_id: string, extra?: Record<string, string>): Response {
    return this.encoded(status, JSON.stringify(body), request_id, extra)
  }

  /** {@link json} for a body that is JSON text already, or JSON text in a content coding. */
  encoded(
    status: number,
    body: string | Uint8Array<ArrayBuffer>,
    request_id: string,
    extra?: Record<string, string>,
  ): Response {
    return new Response(body, { status, headers: { ...this.#json, 'X-Request-Id': request_id, ...extra } })
  }

  empty(status: number, request_id: string, extra?: Record<string, string>): Response {
    return new Response(null, { status, headers: { ...this.headersFor(request_id), ...extra } })
  }

  /** A refusal, with `Retry-After` when a retry makes sense and `RateLimit-*` when a rate limit refused. */
  refusal(error: ApiError, request_id: string, extra?: Record<string, string>): Response {
    const retry: Record<string, string> =
      error.retry_after_s === undefined ? {} : { 'Retry-After': String(error.retry_after_s) }
    const rate = error.rate_limit === undefined ? {} : rateLimitHeaders(error.rate_limit)
    return this.json(error.status, error.body(), request_id, { ...retry, ...rate, ...extra })
  }
}

/** `RateLimit-*` headers, for answers and for 429 alike. */
export function rateLimitHeaders({ limit, remaining, reset_s }: RateLimitState): Record<string, string> {
  return {
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': String(reset_s),
  }
}

/** Refusal without internals; the request id leads to the cause in the log. */
export function internalError(): ApiError {
  return new ApiError('INTERNAL', 'Something went wrong here. The request id finds it in the server log.')
}
