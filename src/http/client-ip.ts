/**
 * The address a request comes from. `X-Forwarded-For` is believed only when the connection comes from a trusted proxy,
 * and then from the right: the last address that is not one of our proxies.
 */
export function clientIp(request: Request, peer: string | undefined, trusted: readonly string[]): string {
  const address = plain(peer ?? '')
  if (!trusted.includes(address)) return address
  const chain = (request.headers.get('x-forwarded-for') ?? '')
    .split(',')
    .map((part) => plain(part.trim()))
    .filter(Boolean)
  return chain.findLast((hop) => !trusted.includes(hop)) ?? address
}

/** Whether some proxy, trusted or not, passed the request on for somebody else. */
export function isForwarded(request: Request): boolean {
  return request.headers.has('x-forwarded-for') || request.headers.has('forwarded')
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

function plain(address: string): string {
  return address.replace(/^::ffff:/, '').slice(0, 64)
}
