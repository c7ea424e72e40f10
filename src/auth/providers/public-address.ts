import { lookup as lookUp } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** The only addresses of IPv6 that are given out (RFC 4291 §2.4, IANA): the rest has old or local meanings, e.g. `::7f00:1`. */
const GIVEN_OUT = ipaddr.IPv6.parse('2000::')
const GIVEN_OUT_BITS = 3

/** Whether an address is one of the public network: neither this machine nor its neighbours. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false
  // An IPv4 address that is written as IPv6 is judged as IPv4; those that embed one for a gateway are not public.
  const known = ipaddr.process(address)
  if (known.range() !== 'unicast') return false
  return known.kind() === 'ipv4' || known.match(GIVEN_OUT, GIVEN_OUT_BITS)
}

/**
 * Look-up of names that have public addresses only. The connection is made to the very addresses that were checked here: a
 * name that has another address the next time gains nothing (DNS rebinding).
 */
export const lookUpPublic: LookupFunction = (host, options, done) => {
  lookUp(host, { ...options, all: true }, (error, found) => {
    if (error) return done(error, '')
    const [first] = found
    if (!first || !found.every(({ address }) => isPublicAddress(address)))
      return done(new Error('The name has an address that is not public.'), '')
    if (options.all) done(null, found)
    else done(null, first.address, first.family)
  })
}
