import { Elysia } from 'elysia'

/**
 * Takes the base path off the URL of a request before it is routed. A proxy that strips it sends none, and the request is
 * as it is: both kinds of proxy lead to the same routes, and the server answers its own port in either way. The request
 * stays the same object, because the runtime knows its connection by it.
 */
export function basePath(base_path: string) {
  const plugin = new Elysia({ name: 'base-path' })
  if (base_path === '') return plugin
  plugin.wrap((handle: (request: Request, ...rest: unknown[]) => unknown) => {
    return (request: Request, ...rest: unknown[]) => {
      const url = withoutBase(request.url, base_path)
      if (url !== request.url) Object.defineProperty(request, 'url', { value: url })
      return handle(request, ...rest)
    }
  })
  return plugin
}

/** `http://host/mc/x` without `/mc`. Any other URL is unchanged, also one that only begins alike: `/mcx`. */
export function withoutBase(url: string, base_path: string): string {
  const at = url.indexOf('/', url.indexOf('://') + 3)
  if (at < 0 || !url.startsWith(base_path, at)) return url
  const rest = url.slice(at + base_path.length)
  if (rest.startsWith('/')) return url.slice(0, at) + rest
  return rest === '' || rest.startsWith('?') ? `${url.slice(0, at)}/${rest}` : url
}
