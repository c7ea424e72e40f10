const BASE = 'http://local.invalid'
const PATH_MAX = 2_048

/**
 * A path of this server, in the form that a browser resolves it to. Undefined for what a browser could resolve to another
 * origin: a scheme, `//host`, a backslash, a control character.
 */
export function localPath(value: string): string | undefined {
  if (value.length > PATH_MAX || !/^\/(?![/\\])/.test(value) || value.includes('\\')) return undefined
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) <= 0x20) return undefined
  const url = URL.parse(value, BASE)
  if (url?.origin !== BASE) return undefined
  const path = url.pathname + url.search + url.hash
  // `/.//host` is resolved to a path with two slashes, which is another host in its turn.
  return /^\/(?![/\\])/.test(path) ? path : undefined
}
