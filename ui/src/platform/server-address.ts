/** Reading what a person types, and what a link says, as the address of a server. */

const LOCAL = ['localhost', '127.0.0.1', '[::1]']

export type AddressProblem = 'empty' | 'unreadable' | 'plain_http'

/**
 * The address of a server as it is kept: origin and base path, without a slash at the end. Without a scheme it is https. Plain
 * http is for this device only: on any network others could read the session.
 */
export function serverAddress(typed: string): { address: string } | { problem: AddressProblem } {
  const text = typed.trim()
  if (text === '') return { problem: 'empty' }
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `https://${text}`
  if (!URL.canParse(whole)) return { problem: 'unreadable' }
  const url = new URL(whole)
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    return { problem: 'unreadable' }
  if (url.protocol === 'http:' && !LOCAL.includes(url.hostname)) return { problem: 'plain_http' }
  // Copied from the address bar, it may name a page of the app.
  const base = url.pathname.replace(/\/(?:o|orgs|login|setup|guide)(?:\/.*)?$/, '').replace(/\/+$/, '')
  return { address: url.origin + base }
}

/** Scheme of links that only the app opens, e.g. `mission-control://mission.example/o/fieldnote/tasks`. */
export const SCHEME = 'mission-control:'

/** Paths of a server that are not pages of the app. */
const NOT_PAGES = /^\/(?:api|auth|health|ready|version|metrics|docs|assets)(?:\/|$)/

/** Where a link leads: to a page of the chosen server, or of another one. */
export type LinkPlace = { path: string } | { elsewhere: string }

/**
 * The place that a link from outside names; undefined when it names none. `server` is the chosen one. A link never chooses a
 * server by itself: another server's page would ask for the password of this one.
 */
export function placeOfLink(link: string, server: string | undefined): LinkPlace | undefined {
  if (!URL.canParse(link)) return undefined
  const custom = link.toLowerCase().startsWith(`${SCHEME}//`)
  const own = server === undefined ? undefined : new URL(server)
  // A custom scheme tells no other: it is that of the chosen server, if the rest is its address.
  const scheme = custom && own ? own.protocol : 'https:'
  const whole = custom ? `${scheme}//${link.slice(SCHEME.length + 2)}` : link
  if (!URL.canParse(whole)) return undefined
  const url = new URL(whole)
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined
  if (own && url.origin === own.origin) {
    const base = own.pathname.replace(/\/$/, '')
    const path = url.pathname.slice(base.length) || '/'
    if (url.pathname.startsWith(base) && path.startsWith('/'))
      return NOT_PAGES.test(path) ? undefined : { path: path + url.search + url.hash }
  }
  const other = serverAddress(custom ? `https://${url.host}${url.pathname}` : url.origin + url.pathname)
  return 'address' in other ? { elsewhere: other.address } : undefined
}
