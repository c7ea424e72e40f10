import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Proxies whose `X-Forwarded-For` is believed: addresses and CIDR ranges. */
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

  has(address: Address): boolean {
    return this.#ranges.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    )
  }
}

/**
 * Address of the client of a request. `X-Forwarded-For` is read from the right, because every proxy appends the address
 * it was called from: trusted hops are skipped, and the first other one is the client. An unreadable hop ends the search.
 */
export function clientIp(request: Request, peer: string | undefined, trusted: TrustedProxies): string {
  if (trusted.none) return plain(peer ?? '')
  let client = addressOf(peer ?? '')
  if (!client) return plain(peer ?? '')
  const hops = (request.headers.get('x-forwarded-for') ?? '').split(',')
  while (trusted.has(client)) {
    const hop = addressOf(withoutPort(hops.pop()?.trim() ?? ''))
    if (!hop) break
    client = hop
  }
  return client.toString()
}

/** Whether any proxy, trusted or not, forwarded the request for another client. */
export function isForwarded(request: Request): boolean {
  return request.headers.has('x-forwarded-for') || request.headers.has('forwarded')
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
