const COOKIES_MAX = 64
const HEADER_MAX = 16_384

/** Which cookies are this server's: over https those of the host, else those of the installation. */
export interface CookieScope {
  secure: boolean
  /** See `Secrets.installation`. */
  installation: string
  /** Path of the public address, e.g. `/mc`; empty at the root of the host. */
  base_path: string
}

/**
 * The prefix of a cookie's name over https. `__Host-` (RFC 6265bis) binds it to this host, and demands the root as its path.
 * Below a base path the other programs of the host must not be sent it, so the path is narrower and the prefix `__Secure-`.
 */
export function securePrefix({ base_path }: CookieScope): string {
  return base_path === '' ? '__Host-' : '__Secure-'
}

/** Attributes of every cookie. */
export function cookieAttributes({ secure, base_path }: CookieScope, max_age_s: number): string {
  return `Path=${base_path || '/'}; Max-Age=${max_age_s}; SameSite=Lax${secure ? '; Secure' : ''}`
}

/**
 * Names of the two cookies, the decisive one first. Over https they have the {@link securePrefix}. Over
 * plain http cookies are shared by all ports of a host, so the names carry the id of the installation; the plain names are
 * set as well, for programs that know no others.
 */
export function cookieNames(scope: CookieScope): { session: string[]; csrf: string[] } {
  const { secure, installation } = scope
  return secure
    ? { session: [`${securePrefix(scope)}mc_session`], csrf: [`${securePrefix(scope)}mc_csrf`] }
    : {
        session: [`mc_session_${installation}`, 'mc_session'],
        csrf: [`mc_csrf_${installation}`, 'mc_csrf'],
      }
}

/** Values of the cookies that a request sends under these names, in the order of the names. */
export function cookieValues(header: string | null, names: readonly string[]): string[] {
  const cookies = parseCookies(header)
  return names.flatMap((name) => cookies.get(name) ?? [])
}

/** Reads a Cookie header, up to a length and a number of cookies. The first cookie of a name counts. */
export function parseCookies(header: string | null): Map<string, string> {
  const cookies = new Map<string, string>()
  if (header === null || header.length > HEADER_MAX) return cookies
  for (const part of header.split(';')) {
    const at = part.indexOf('=')
    if (at <= 0) continue
    const name = part.slice(0, at).trim()
    if (!cookies.has(name)) cookies.set(name, part.slice(at + 1).trim())
    if (cookies.size >= COOKIES_MAX) break
  }
  return cookies
}

/** `Set-Cookie` values of a new session: its token, hidden from scripts, and the CSRF token, readable by them. */
export function sessionCookies(
  scope: CookieScope,
  session: { token: string; csrf: string; max_age_s: number },
): string[] {
  const names = cookieNames(scope)
  const common = cookieAttributes(scope, session.max_age_s)
  return [
    ...names.session.map((name) => `${name}=${session.token}; ${common}; HttpOnly`),
    ...names.csrf.map((name) => `${name}=${session.csrf}; ${common}`),
  ]
}

/** `Set-Cookie` values that delete both. */
export function clearedCookies(scope: CookieScope): string[] {
  return sessionCookies(scope, { token: '', csrf: '', max_age_s: 0 })
}
