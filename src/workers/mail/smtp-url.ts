/** A mail server, as `MC_SMTP_URL` names it. */
export interface SmtpServer {
  host: string
  port: number
  /** TLS from the first byte (`smtps://`); else STARTTLS when the server offers it. */
  secure: boolean
  /** No mail and no password crosses the network without TLS. */
  requireTLS: boolean
  ignoreTLS: boolean
  tls: { rejectUnauthorized: boolean }
  auth: { user: string; pass: string } | undefined
}

const PORT = 587
const TLS_PORT = 465
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/

/**
 * The server of a URL: `smtp://user:password@host:port`, with `requireTLS`, `ignoreTLS` and `tls.rejectUnauthorized` as
 * parameters. A password is sent over TLS only, and certificates are verified, unless the server is on this machine or
 * the parameters say otherwise.
 */
export function smtpServer(text: string): SmtpServer {
  const url = new URL(text)
  const flag = (name: string, otherwise: boolean) => {
    const value = url.searchParams.get(name)
    return value === null ? otherwise : value !== 'false' && value !== '0'
  }
  const secure = url.protocol === 'smtps:'
  const local = LOOPBACK.test(url.hostname)
  const auth =
    url.username === ''
      ? undefined
      : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) }
  const ignoreTLS = flag('ignoreTLS', false)
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? TLS_PORT : PORT) : Number(url.port),
    secure,
    requireTLS: flag('requireTLS', auth !== undefined && !secure && !local && !ignoreTLS),
    ignoreTLS,
    tls: { rejectUnauthorized: flag('tls.rejectUnauthorized', !local) },
    auth,
  }
}
