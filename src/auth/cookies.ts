const COOKIES_MAX = 64
const HEADER_MAX = 16_384

/** Names of the two cookies; over https they are bound to this host (`__Host-`, RFC 6265bis). */
export function cookieNames(secure: boolean): { session: string; csrf: string } {
  return secure
    ? { session: '__Host-mc_session', csrf: '__Host-mc_csrf' }
    : { session: 'mc_session', csrf: 'mc_csrf' }
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
export function sessionCookies(options: {
  token: string
  csrf: string
  secure: boolean
  max_age_s: number
}): string[] {
  const names = cookieNames(options.secure)
  const common = `Path=/; Max-Age=${options.max_age_s}; SameSite=Lax${options.secure ? '; Secure' : ''}`
  return [
    `${names.session}=${options.token}; ${common}; HttpOnly`,
    `${names.csrf}=${options.csrf}; ${common}`,
  ]
}

/** `Set-Cookie` values that delete both. */
export function clearedCookies(secure: boolean): string[] {
  const names = cookieNames(secure)
  const gone = `Path=/; Max-Age=0; SameSite=Lax${secure ? '; Secure' : ''}`
  return [`${names.session}=; ${gone}; HttpOnly`, `${names.csrf}=; ${gone}`]
}
