import { addressOf, isLoopback, withoutSlash } from '../../config/urls.ts'
import { Trouble } from '../../proof/step.ts'

/** An address of Mission Control as a person has it, e.g. copied from the browser. */
export interface ServerAddress {
  url: string
  /** Of an address of the app, `…/o/<org>/…`. */
  org_slug: string | undefined
  /** Plain HTTP to another machine. */
  in_clear: boolean
}

/** Throws `Trouble`. */
export function serverAddress(text: string): ServerAddress {
  const trimmed = text.trim()
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `${schemeFor(trimmed)}://${trimmed}`
  const url = URL.canParse(full) ? new URL(full) : undefined
  if (url) {
    url.search = ''
    url.hash = ''
  }
  if (!url || !addressOf(url.href, ['http:', 'https:']))
    throw new Trouble(
      `${JSON.stringify(trimmed)} is no address.`,
      'Give it as the browser shows it, such as https://mc.example.com.',
    )
  const [, base = '', org_slug] = /^(.*?)\/o\/([a-z0-9-]+)(?:\/|$)/.exec(url.pathname) ?? []
  const path = org_slug === undefined ? url.pathname.replace(/\/(login|setup|orgs)\/?$/, '') : base
  return {
    url: withoutSlash(`${url.origin}${path}`),
    org_slug,
    in_clear: url.protocol === 'http:' && !isLoopback(url.hostname),
  }
}

/** An address of a gateway: `ws://` is added, `http://` replaced. Throws `Trouble`. */
export function gatewayAddress(text: string): string {
  const trimmed = text.trim()
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed.replace(/^http/i, 'ws') : `ws://${trimmed}`
  if (addressOf(full, ['ws:', 'wss:'])) return withoutSlash(full)
  throw new Trouble(
    `${JSON.stringify(trimmed)} is no address of a gateway.`,
    'It looks like ws://127.0.0.1:18789, or wss:// behind a proxy with TLS.',
  )
}

/** True for a gateway on this machine. */
export const isHere = (url: string): boolean => isLoopback(new URL(url).hostname)

const schemeFor = (text: string) =>
  URL.canParse(`http://${text}`) && isLoopback(new URL(`http://${text}`).hostname) ? 'http' : 'https'
