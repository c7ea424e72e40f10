const COOKIES_MAX = 64
const HEADER_MAX = 16_384

/** Which cookies are this server's: over https those of the host, else those of the installation. */
export interface CookieScope {
  secure: boolean
  /** See `Secrets.installation`. */
  installation: string
}

/**
 * Names of the two cookies, the decisive one first. Over https they are bound to this host (`__Host-`, RFC 6265bis). Over
 * plain http cookies are shared by all ports of a host, so the names carry the id of the installation; the plain names are
 * set as well, for programs that know no others.
 */
export function cookieNames({ secure, installation }: CookieScope): { session: string[]; csrf: string[] } {
  return secure
    ? { session: ['__Host-mc_session'], csrf: ['__Host-mc_csrf'] }
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
  const common = `Path=/; Max-Age=${session.max_age_s}; SameSite=Lax${scope.secure ? '; Secure' : ''}`
  return [
    ...names.session.map((name) => `${name}=${session.token}; ${common}; HttpOnly`),
    ...names.csrf.map((name) => `${name}=${session.csrf}; ${common}`),
  ]
}

/** `Set-Cookie` values that delete both. */
export function clearedCookies(scope: CookieScope): string[] {
  return sessionCookies(scope, { token: '', csrf: '', max_age_s: 0 })
}
