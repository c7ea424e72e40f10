import { createHmac, randomBytes } from 'node:crypto'
import { sameText } from './same-text.ts'

/** A token for a session: random part, and an HMAC that binds it to the session (OWASP, signed double-submit). */
export function csrfToken(secret: Uint8Array, session_id: string): string {
  const random = randomBytes(18).toString('base64url')
  return `${random}.${sign(secret, session_id, random)}`
}

/**
 * The header must repeat the token of a cookie, ours for this session; compared in constant time. All `secrets` are
 * accepted: while one replaces another, a token lives as long as the session token beside it.
 */
export function checkCsrf(
  secrets: readonly Uint8Array[],
  session_id: string,
  cookies: readonly string[],
  header: string | undefined,
): boolean {
  if (!header || header.length > 200 || !cookies.some((cookie) => sameText(cookie, header))) return false
  const [random, signature, ...rest] = header.split('.')
  if (!random || !signature || rest.length > 0) return false
  return secrets.some((secret) => sameText(signature, sign(secret, session_id, random)))
}

/**
 * Whether a request comes from a page of this server. `Origin`, when sent, must be an own or a CORS origin;
 * `Sec-Fetch-Site` must not name another site, except for CORS origins. Programs send neither header and pass: CSRF is
 * an attack on browsers.
 */
export function sameOrigin(request: {
  origin: string | null
  sec_fetch_site: string | null
  own_origins: readonly string[]
  cors_origins: readonly string[]
}): boolean {
  const { origin, sec_fetch_site, own_origins, cors_origins } = request
  if (origin !== null && cors_origins.includes(origin.toLowerCase())) return true
  if (origin !== null && !own_origins.includes(origin.toLowerCase())) return false
  return sec_fetch_site === null || sec_fetch_site === 'same-origin' || sec_fetch_site === 'none'
}

function sign(secret: Uint8Array, session_id: string, random: string): string {
  return createHmac('sha256', secret).update(`csrf ${session_id} ${random}`).digest('base64url')
}
