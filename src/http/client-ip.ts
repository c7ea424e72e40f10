import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Proxies whose `X-Forwarded-For` or `Forwarded` is believed: addresses and CIDR ranges. */
export class TrustedProxies {
  readonly #ranges: [Address, number][]

  /** `ranges` must be valid; the settings check them. */
  constructor(ranges: readonly string[]) {
    this.#ranges = ranges.map((range) => {
      if (range.includes('/')) return ipaddr.parseCIDR(range)
      const address = ipaddr.process(range)
      return [address, address.toByteArray().length * 8]
    })
  }

  get none(): boolean {
    return this.#ranges.length === 0
  }

  /** Whether a request from this address may say for whom it asks. */
  hasPeer(peer: string): boolean {
    const address = this.none ? undefined : addressOf(peer)
    return address !== undefined && this.has(address)
  }

  has(address: Address): boolean {
    return this.#ranges.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    )
  }
}

/**
 * Address of the client of a request. `X-Forwarded-For`, or `Forwarded` (RFC 7239), is read from the right, because every
 * proxy appends the address it was called from: trusted hops are skipped, and the first other one is the client. An
 * unreadable hop ends the search. A proxy that writes one of the two headers may pass the other on as the client wrote it:
 * where both are sent and disagree, the client is unknown and the address is that of the proxy.
 */
export function clientIp(request: Request, peer: string | undefined, trusted: TrustedProxies): string {
  if (trusted.none) return plain(peer ?? '')
  const proxy = addressOf(peer ?? '')
  if (!proxy) return plain(peer ?? '')
  const lists = hopLists(request.headers).map((hops) => firstUntrusted(proxy, hops, trusted).toString())
  const [client, ...others] = lists
  return client === undefined || others.some((other) => other !== client) ? proxy.toString() : client
}

/** The hops that each of the two headers names, the farthest first. */
function hopLists(headers: Headers): string[][] {
  const for_ = headers.get('x-forwarded-for')
  const forwarded = headers.get('forwarded')
  return [
    ...(for_ === null ? [] : [for_.split(',').map((hop) => hop.trim())]),
    ...(forwarded === null ? [] : [forwardedFor(forwarded)]),
  ]
}

/** The `for` of every element; empty where it is absent, repeated or not readable. An address needs no escapes. */
function forwardedFor(header: string): string[] {
  if (header.includes('\\')) return []
  return splitUnquoted(header, ',').map((element) => {
    const found = splitUnquoted(element, ';').flatMap(
      (pair) => /^for=("?)([^"]*)\1$/i.exec(pair.trim())?.[2] ?? [],
    )
    return found.length === 1 ? (found[0]?.trim() ?? '') : ''
  })
}

/** The parts between separators that stand outside of quotes. */
function splitUnquoted(text: string, separator: string): string[] {
  const parts: string[] = []
  let quoted = false
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted
    else if (text[at] === separator && !quoted) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}

function firstUntrusted(proxy: Address, hops: string[], trusted: TrustedProxies): Address {
  let client = proxy
  while (trusted.has(client)) {
    const hop = addressOf(withoutPort(hops.pop() ?? ''))
    if (!hop) break
    client = hop
  }
  return client
}

/** Whether any proxy, trusted or not, forwarded the request for another client. */
export function isForwarded(request: Request): boolean {
  return request.headers.has('x-forwarded-for') || request.headers.has('forwarded')
}

/** Bits of an IPv6 address that a provider gives to one customer at least (RFC 6177): the rest is the customer's to choose. */
const NETWORK_BITS = 64

/**
 * What is counted as one address: of IPv6 the network, since whoever has one has as many addresses as there are guesses. An
 * IPv4 address, and what is no address, as it is.
 */
export function networkOf(ip: string): string {
  if (!ip.includes(':')) return ip
  const address = addressOf(ip)
  if (address?.kind() !== 'ipv6') return ip
  const bytes = address.toByteArray().fill(0, NETWORK_BITS / 8)
  return `${ipaddr.fromByteArray(bytes)}/${NETWORK_BITS}`
}

export function isLoopback(address: string): boolean {
  return addressOf(address)?.range() === 'loopback'
}

/** IPv4 addresses written as IPv6 become IPv4. */
function addressOf(text: string): Address | undefined {
  const known = ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)
  return known ? ipaddr.process(text) : undefined
}

/** Some proxies append the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  return hop.match(/^\[([^\]]*)\](?::\d+)?$/)?.[1] ?? hop.match(/^([\d.]+):\d+$/)?.[1] ?? hop
}

/** Without proxies the address needs no parsing: the kernel writes it in one form, but for IPv4 on an IPv6 socket. */
function plain(peer: string): string {
  return peer.replace(/^::ffff:/, '')
}
