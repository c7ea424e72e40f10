import { join } from 'node:path'
import type { BunPlugin, Server, ServerWebSocket } from 'bun'

const UI = join(import.meta.dir, '..', '..', '..', 'ui')
const SCRIPTS = {
  'page.js': join(UI, 'tests', 'support', 'ports-page.ts'),
  'lock-worker.js': join(UI, 'src', 'realtime', 'lock-worker.ts'),
}

/** A failing assertion looks at `process`. */
const PAGE_HTML = `<!doctype html><title>Ports</title><body>
<script>globalThis.process = { env: {} }</script><script src="/page.js"></script>`

/** The server's side of one socket or one event source, as the page steers it. */
class Peer {
  #answer = Promise.withResolvers<'accept' | 'refuse'>()
  readonly received: string[] = []
  socket: ServerWebSocket<Peer> | undefined
  stream: ReadableStreamDefaultController<string> | undefined
  last_event_id = ''

  /** Waits for the page's word on this request; the next request waits for another. */
  async verdict(): Promise<'accept' | 'refuse'> {
    const verdict = await this.#answer.promise
    this.#answer = Promise.withResolvers()
    return verdict
  }

  act(what: string, body: unknown): unknown {
    switch (what) {
      case 'accept':
      case 'refuse':
        return this.#answer.resolve(what)
      case 'received':
        return this.received
      case 'last-event-id':
        return this.last_event_id
      case 'end':
        return this.socket?.close(Number(body))
      case 'cut':
        return this.socket?.terminate()
      case 'lose':
        return this.#lose()
      case 'say':
        return this.#say(body)
      default:
        throw new Error(`There is no ${what}.`)
    }
  }

  #lose(): void {
    try {
      this.stream?.close()
    } catch {
      // The page closed it already.
    }
  }

  #say(body: unknown): void {
    if (typeof body === 'string') {
      this.socket?.send(body)
      return
    }
    const { data, id } = Object(body)
    try {
      const fields = Object.entries({ id, data }).filter(([, value]) => value !== undefined)
      this.stream?.enqueue(`${fields.map(([name, value]) => `${name}: ${value}\n`).join('')}\n`)
    } catch {
      // The page closed it already.
    }
  }
}

/** Bun's stand-in for `node:assert` in a browser has the strict functions under another name. */
const strictAssert: BunPlugin = {
  name: 'strict assert',
  setup(build) {
    build.onResolve({ filter: /^node:assert\/strict$/ }, () => ({ path: 'strict', namespace: 'assert' }))
    build.onLoad({ filter: /./, namespace: 'assert' }, () => ({
      contents: `import assert from 'node:assert'\nexport default assert.strict`,
      loader: 'js',
    }))
  },
}

async function bundle(entry: string): Promise<string> {
  const build = await Bun.build({
    entrypoints: [entry],
    target: 'browser',
    format: 'iife',
    plugins: [strictAssert],
  })
  const script = await build.outputs[0]?.text()
  if (script === undefined) throw new Error(`${entry} does not build.`)
  return script
}

/** Serves the page of the contract suites, and the other side of its sockets and event sources. */
export async function startPortServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const scripts = new Map<string, string>()
  for (const [name, entry] of Object.entries(SCRIPTS)) scripts.set(name, await bundle(entry))
  const peers = new Map<string, Peer>()
  const peerOf = (name: string) => {
    const peer = peers.get(name) ?? new Peer()
    peers.set(name, peer)
    return peer
  }

  async function fetch(request: Request, server: Server<Peer>): Promise<Response | undefined> {
    const [kind = '', name = '', what] = new URL(request.url).pathname.slice(1).split('/')
    const script = scripts.get(kind)
    if (script !== undefined)
      return new Response(script, { headers: { 'content-type': 'text/javascript; charset=utf-8' } })
    if (kind === '')
      return new Response(PAGE_HTML, {
        headers: { 'content-type': 'text/html; charset=utf-8' },
      })
    if (name === '') return new Response(null, { status: 404 })
    const peer = peerOf(name)
    if (what !== undefined) return Response.json(peer.act(what, await request.json()) ?? null)
    if ((await peer.verdict()) === 'refuse') return new Response(null, { status: 503 })
    if (kind === 'socket') {
      if (server.upgrade(request, { data: peer })) return undefined
      return new Response(null, { status: 426 })
    }
    peer.last_event_id = request.headers.get('last-event-id') ?? ''
    const body = new ReadableStream<string>({
      start(controller) {
        peer.stream = controller
        controller.enqueue('retry: 10\n\n')
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }

  const server = Bun.serve<Peer>({
    port: 0,
    hostname: 'localhost',
    idleTimeout: 0,
    fetch,
    websocket: {
      open(socket) {
        socket.data.socket = socket
      },
      message(socket, text) {
        socket.data.received.push(String(text))
      },
    },
  })
  return { url: `http://localhost:${server.port}/`, stop: () => server.stop(true) }
}
