import { Elysia } from 'elysia'
import { invalid } from '../contracts/errors.ts'
import { newId } from '../contracts/ids.ts'
import type { Replier } from './reply.ts'

/** `uri-host [":" port]` of RFC 9110 §7.2, without the percent encodings and delimiters that no host name uses. */
const HOST = /^(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,255})(?::\d{1,5})?$/i

/**
 * Refuses a request whose `Host` is absent, repeated or invalid (RFC 9112 §3.2) before it is routed: its URL cannot be
 * parsed, and a proxy in front may have read another host than this server.
 */
export function hostCheck(replier: Replier) {
  return new Elysia({ name: 'host' }).onRequest(({ request }) => {
    if (hasValidHost(request)) return
    const error = invalid({
      path: 'Host',
      message: 'Send one Host header: a host name or address, and a port.',
    })
    return replier.refusal(error, newId())
  })
}

/** The runtime joins repeated headers with a comma, which no host contains. */
export function hasValidHost(request: Request): boolean {
  const host = request.headers.get('host')
  return host !== null && HOST.test(host) && URL.canParse(request.url)
}

/** Path of a request for the log; the URL of a request without a valid host does not parse. */
export function pathOf(request: Request): string {
  return URL.parse(request.url)?.pathname ?? '(unreadable)'
}

/** Whether the request names this machine by an address or as localhost, which no foreign page can be served from. */
export function hasLocalHost(request: Request): boolean {
  const host = (request.headers.get('host') ?? '').replace(/:\d{1,5}$/, '')
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(host)
}
