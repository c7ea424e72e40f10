import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Files of the built web app. */
export interface Assets {
  /** The file, or the app's page for any other path; undefined when there is no app. */
  serve(request: Request, headers: Readonly<Record<string, string>>): Response | undefined
}

/** Lists the files once. A requested path is looked up in that list and never opened, so it cannot leave the folder. */
export async function loadAssets(folder: string): Promise<Assets> {
  const files = new Map<string, string>()
  if (existsSync(folder))
    for await (const name of new Bun.Glob('**/*').scan({ cwd: folder, onlyFiles: true }))
      files.set(`/${name}`, join(folder, name))
  const index = files.get('/index.html')
  return {
    serve(request, headers) {
      const { pathname } = new URL(request.url)
      const file = files.get(pathname)
      // Names under /assets/ contain a hash of their content: an unknown name belongs to another version, not to a page.
      const hashed = pathname.startsWith('/assets/')
      const path = file ?? (hashed ? undefined : index)
      if (path === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined
      const cache = hashed ? 'public, max-age=31536000, immutable' : 'no-cache'
      return new Response(Bun.file(path), { headers: { ...headers, 'Cache-Control': cache } })
    },
  }
}

const viewer = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
const VIEWER_FILES = new Set(['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'])

/** Viewer of the API document, served from here: no script of another host, none inline. */
export function docsPage(pathname: string, headers: Readonly<Record<string, string>>): Response | undefined {
  const name = pathname.replace(/^\/docs\/?/, '')
  if (name === '')
    return new Response(PAGE, { headers: { ...headers, 'Content-Type': 'text/html; charset=utf-8' } })
  if (name === 'start.js')
    return new Response(START, { headers: { ...headers, 'Content-Type': 'text/javascript; charset=utf-8' } })
  if (!VIEWER_FILES.has(name)) return undefined
  return new Response(Bun.file(join(viewer, name)), {
    headers: { ...headers, 'Cache-Control': 'public, max-age=86400' },
  })
}

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mission Control API</title><link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" href="/docs/favicon-32x32.png"></head>
<body><main id="docs"></main><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
`
const START = `window.ui = SwaggerUIBundle({ url: '/docs/json', dom_id: '#docs', deepLinking: true, validatorUrl: null })
`
