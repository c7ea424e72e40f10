import { Elysia } from 'elysia'

/** Browsers repeat the preflight request after this time. */
const PREFLIGHT_SECONDS = '600'

/**
 * CORS for pages of other origins (the wrapped mobile app). `origins` are exact; a page of another origin gets no header,
 * so that its browser withholds the answer. Never `*`: requests carry cookies. `headers` are those of every answer.
 */
export function cors(origins: readonly string[], headers: () => Record<string, string>) {
  const plugin = new Elysia({ name: 'cors' })
  if (origins.length === 0) return plugin
  const listed = new Set(origins.map((origin) => origin.toLowerCase()))
  return plugin.onRequest(({ request, set }) => {
    const origin = request.headers.get('origin')
    // Caches must not serve the answer of one origin to another.
    set.headers.vary = 'Origin'
    if (origin === null || !listed.has(origin.toLowerCase())) return
    const allowed = {
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers':
        'Date, Idempotent-Replay, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-MC-API-Version, X-Request-Id',
    }
    if (request.method === 'OPTIONS' && request.headers.has('access-control-request-method'))
      return new Response(null, {
        status: 204,
        headers: {
          ...headers(),
          ...allowed,
          'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
          'access-control-allow-headers':
            'Authorization, Content-Type, Idempotency-Key, If-Match, Last-Event-ID, X-CSRF-Token, X-MC-User',
          'access-control-max-age': PREFLIGHT_SECONDS,
          vary: 'Origin',
        },
      })
    Object.assign(set.headers, allowed)
    return
  })
}
