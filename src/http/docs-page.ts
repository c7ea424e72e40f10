import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { embeddedFile } from '../files/embedded.ts'
import { gzipped } from './encoding.ts'
import { CONTENT_POLICY } from './reply.ts'

/** Path of a file of the viewer: in this program, or in the package. */
function viewerFile(name: string): string {
  return (
    embeddedFile(`swagger-ui/${name}`) ?? join(dirname(resolveModule('swagger-ui-dist/package.json')), name)
  )
}

const { resolve: resolveModule } = createRequire(import.meta.url)

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
  base_path: string,
): Promise<Response | undefined> {
  const name = new URL(request.url).pathname.replace(/^\/docs\/?/, '')
  if (name === '')
    return new Response(page(base_path), {
      headers: {
        ...headers,
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': CONTENT_POLICY,
      },
    })
  if (name === 'start.js')
    return new Response(start(base_path), {
      headers: { ...headers, 'Content-Type': 'text/javascript; charset=utf-8' },
    })
  const cached = { ...headers, 'Cache-Control': 'public, max-age=86400' }
  if (name === 'favicon-32x32.png') return new Response(Bun.file(viewerFile(name)), { headers: cached })
  const type = VIEWER_FILES[name]
  if (type === undefined) return undefined
  const text = await Bun.file(viewerFile(name)).text()
  const { body, headers: all } = await gzipped(request, text, { ...cached, 'Content-Type': type }, vary)
  return new Response(body, { headers: all })
}

/** Without Trusted Types: the viewer writes markup, which its own sanitizer has passed. It shows the API document only. */
const page = (base: string) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mission Control API</title><link rel="stylesheet" href="${base}/docs/swagger-ui.css"><link rel="icon" href="${base}/docs/favicon-32x32.png"></head>
<body><main id="docs"></main><script src="${base}/docs/swagger-ui-bundle.js"></script><script src="${base}/docs/start.js"></script></body>
</html>
`
const start = (
  base: string,
) => `window.ui = SwaggerUIBundle({ url: '${base}/docs/json', dom_id: '#docs', deepLinking: true, validatorUrl: null })
`
