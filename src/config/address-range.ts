import ipaddr from 'ipaddr.js'

/**
 * An IP address or a CIDR range in canonical form; undefined for anything else. Octal, hexadecimal and shortened IPv4
 * addresses are refused: readers disagree about their meaning.
 */
export function addressRange(text: string): string | undefined {
  const [address = '', prefix, ...rest] = text.split('/')
  if (rest.length > 0 || !isAddress(address)) return undefined
  const parsed = ipaddr.process(address)
  if (prefix === undefined) return parsed.toString()
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  // An IPv4 address written as IPv6 has become IPv4; its prefix would mean something else.
  if (!(bits <= parsed.toByteArray().length * 8) || (address.includes(':') && parsed.kind() === 'ipv4'))
    return undefined
  return `${network(parsed, bits)}/${bits}`
}

function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (ipaddr.IPv6.isValid(text) && !text.includes('%'))
}

/** First address of the range, so that equal ranges are equal texts. */
function network(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string {
  const range = `${address.toString()}/${bits}`
  return address.kind() === 'ipv4'
    ? ipaddr.IPv4.networkAddressFromCIDR(range).toString()
    : ipaddr.IPv6.networkAddressFromCIDR(range).toString()
}
