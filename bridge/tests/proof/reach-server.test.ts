import { afterEach, describe, expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { API_VERSION } from '../../../src/contracts/version.ts'
import { CertificateTrouble, reachServer } from '../../src/proof/reach-server.ts'
import { Trouble } from '../../src/proof/step.ts'
import { selfSigned } from '../support/self-signed.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

const VERSION = { version: '1.0.0', api_version: API_VERSION, min_bridge_version: '0.1.0' }

/** A server that answers everything in one way; its address. */
function serve(answer: () => Response | Promise<Response>, tls?: { key: string; cert: string }): string {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer, ...(tls ? { tls } : {}) })
  ends.push(() => void server.stop(true))
  return `${tls ? 'https' : 'http'}://localhost:${server.port}`
}

const place = (url: string, more: { verify_tls?: boolean; timeout_ms?: number } = {}) => ({
  url,
  verify_tls: true,
  timeout_ms: 20_000,
  ...more,
})

async function troubleOf(url: string, more: Parameters<typeof place>[1] = {}): Promise<Trouble> {
  const error = await reachServer(place(url, more)).catch((reason: unknown) => reason)
  if (error instanceof Trouble) return error
  throw new Error(`no trouble: ${error}`)
}

describe('a server that fits', () => {
  test('tells its version', async () => {
    const url = serve(() => Response.json(VERSION))
    expect(await reachServer(place(url))).toBe(`Mission Control 1.0.0 at ${url}, API ${API_VERSION}.`)
  })

  test('of a newer minor version is a warning', async () => {
    const [year] = API_VERSION.split('.')
    const url = serve(() => Response.json({ ...VERSION, api_version: `${year}.999` }))
    expect(await reachServer(place(url))).toMatchObject({ detail: expect.stringContaining('newer than') })
  })
})

describe('B107 what is wrong with an address is told in words', () => {
  test.each<[string, () => Response, string, string]>([
    [
      'a web page',
      () =>
        new Response('<!doctype html><html><head><title>Welcome to nginx!</title></head></html>', {
          headers: { 'content-type': 'text/html' },
        }),
      'A web page ("Welcome to nginx!") answers at',
      'has to pass /version, /api and /ws on',
    ],
    [
      'a page that does not say it is one, with 404',
      () => new Response('<html><body>no</body></html>', { status: 404 }),
      '(404), not Mission Control',
      'A proxy in front of it',
    ],
    [
      'a redirect',
      () => Response.redirect('https://login.example.com/sign-in?to=x', 302),
      'redirects to https://login.example.com.',
      'the address of the server itself',
    ],
    [
      'a proxy without its server',
      () => new Response('<html>Bad Gateway</html>', { status: 502 }),
      'answers 502: the server behind it is not there',
      'Is Mission Control running?',
    ],
    [
      'a proxy with its own sign-in',
      () => new Response('', { status: 401 }),
      'asks for a sign-in of its own (401)',
      'has to let /version, /api and /ws pass',
    ],
    ['a server in trouble', () => new Response('x', { status: 500 }), 'answers 500', 'Look at the log'],
    [
      'another API',
      () => Response.json({ version: '1' }),
      'but it is not Mission Control',
      'Check the address and the port',
    ],
    [
      'an answer that is no JSON',
      () => new Response('hello'),
      'but it is not Mission Control',
      'Check the address and the port',
    ],
  ])('%s', async (_, answer, message, todo) => {
    const trouble = await troubleOf(serve(answer))
    expect(trouble.message).toContain(message)
    expect(trouble.todo).toContain(todo)
  })

  test('nobody listens', async () => {
    const trouble = await troubleOf('http://127.0.0.1:1')
    expect(trouble.message).toBe('Nothing listens at 127.0.0.1, port 1.')
  })

  test('there is no such host', async () => {
    const trouble = await troubleOf('https://mission-control.invalid')
    expect(trouble.message).toStartWith('There is no host mission-control.invalid')
  })

  test('nothing comes back', async () => {
    const url = serve(() => new Promise<Response>(() => undefined))
    const trouble = await troubleOf(url, { timeout_ms: 100 })
    expect(trouble.message).toContain('does not answer within 0.1 seconds')
    expect(trouble.todo).toContain('firewall')
  })

  test('an answer whose rest never comes', async () => {
    const server = createServer((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    expect((await troubleOf(`http://127.0.0.1:${port}`, { timeout_ms: 200 })).message).toContain(
      'does not answer within',
    )
    server.close()
  })

  test('another program listens', async () => {
    const server = createServer((socket) => socket.end())
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const trouble = await troubleOf(`http://127.0.0.1:${port}`)
    expect(trouble.message).toBe(`127.0.0.1:${port} ends the connection without an answer.`)
    server.close()
  })

  test('no TLS where TLS is asked for', async () => {
    const url = serve(() => Response.json(VERSION)).replace('http:', 'https:')
    const trouble = await troubleOf(url)
    expect(trouble.message).toEndWith('does not speak TLS.')
    expect(trouble.todo).toBe(`Use ${url.replace('https:', 'http:')}.`)
  })

  test('a certificate that nobody vouches for; accepted on demand', async () => {
    const url = serve(() => Response.json(VERSION), await selfSigned())
    const trouble = await troubleOf(url)
    expect(trouble).toBeInstanceOf(CertificateTrouble)
    expect(trouble.message).toContain('nobody vouches for')
    expect(trouble.todo).toContain('verify_tls: false')
    expect(await reachServer(place(url, { verify_tls: false }))).toStartWith('Mission Control 1.0.0')
  })

  test('another API version names the bridge that fits', async () => {
    const url = serve(() => Response.json({ ...VERSION, api_version: '2099.1', min_bridge_version: '9.0.0' }))
    expect((await troubleOf(url)).message).toContain('Install mc-bridge 9.0.0')
  })
})
