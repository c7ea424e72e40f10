/** True for hosts of this machine: their traffic does not leave it. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  )
}

/** An address with one of these schemes, without user, password, query and fragment; undefined for any other. */
export function addressOf(text: string, schemes: readonly string[]): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !schemes.includes(url.protocol) || url.hostname === '') return undefined
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  return plain ? url : undefined
}

/** An address as the clients append to it: no slash at the end. */
export const withoutSlash = (text: string): string => text.trim().replace(/\/+$/, '')
