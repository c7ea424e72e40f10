import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gzipped } from './encoding.ts'

const viewer = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

/** Files of the viewer with their types; the picture is compressed already. */
const VIEWER_FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
}

/** Viewer of the API document, served from here: no script of another host, none inline. */
export async function docsPage(
  request: Request,
  headers: Readonly<Record<string, string>>,
  vary: string,
): Promise<Response | undefined> {
  const name = new URL(request.url).pathname.replace(/^\/docs\/?/, '')
  if (name === '')
    return new Response(PAGE, { headers: { ...headers, 'Content-Type': 'text/html; charset=utf-8' } })
  if (name === 'start.js')
    return new Response(START, { headers: { ...headers, 'Content-Type': 'text/javascript; charset=utf-8' } })
  const cached = { ...headers, 'Cache-Control': 'public, max-age=86400' }
  if (name === 'favicon-32x32.png') return new Response(Bun.file(join(viewer, name)), { headers: cached })
  const type = VIEWER_FILES[name]
  if (type === undefined) return undefined
  const text = await Bun.file(join(viewer, name)).text()
  const { body, headers: all } = await gzipped(request, text, { ...cached, 'Content-Type': type }, vary)
  return new Response(body, { headers: all })
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
