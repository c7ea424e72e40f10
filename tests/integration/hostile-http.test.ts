import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Agent, addAgent, generalChannel, type Person, setUp } from '../support/client.ts'
import { rawRequest } from '../support/raw-socket.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/streams.ts'

let server: TestServer
let admin: Person
let bot: Agent
let general: string

beforeAll(async () => {
  server = await startServer({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
  admin = await setUp(server)
  bot = await addAgent(admin, 'forge')
  general = (await generalChannel(admin)).id
})
afterAll(() => server.stop())

/** All that comes back until the connection is quiet: the server answered, closed it, or both. */
async function exchange(lines: readonly string[], rest: string | Buffer = ''): Promise<string> {
  const request = rawRequest(server.port, lines)
  request.socket.write(rest)
  await until(() => request.closed() || request.text() !== '')
  // A further answer would follow at once.
  await Bun.sleep(50)
  request.socket.destroy()
  return request.text()
}

function expectRefusal(text: string, status: number, what: string): void {
  expect([what, text.slice(0, 12)]).toEqual([what, `HTTP/1.1 ${status}`])
  const [head = '', body = ''] = text.split('\r\n\r\n')
  for (const header of ['x-request-id', 'x-mc-api-version', 'content-security-policy', 'x-frame-options'])
    expect([what, head.toLowerCase().includes(`\r\n${header}: `)]).toEqual([what, true])
  expect([what, JSON.parse(body).error.status]).toEqual([what, status])
}

const HOST = 'Host: localhost'
const JSON_POST = ['POST /auth/password HTTP/1.1', HOST, 'Content-Type: application/json']
const SMUGGLED = `GET /version HTTP/1.1\r\n${HOST}\r\n\r\n`

test('W6 unusual targets, encodings and methods are answered in the one shape', async () => {
  const targets = ['%zz', '%', '%ff', '%E0%A4%A', '%00', `%${'25'.repeat(50)}`]
  for (const target of targets)
    for (const path of [`/api/v1/orgs/${target}/channels`, `/api/v1/orgs/fieldnote/channels/${target}`]) {
      const text = await exchange([`GET ${path} HTTP/1.1`, HOST, `Authorization: Bearer ${bot.key}`])
      expectRefusal(text, Number(text.slice(9, 12)), path)
      expect([path, text.slice(9, 10)]).toEqual([path, '4'])
    }
  for (const method of ['PROPFIND', 'TRACE', 'OPTIONS', 'CONNECT'])
    expectRefusal(await exchange([`${method} /health HTTP/1.1`, HOST]), 404, method)
  expect(await exchange(['GET http://stranger.example/health HTTP/1.1', HOST])).toStartWith('HTTP/1.1 200')
})

test('W7 a refused body, arriving with its head, later or in pieces, is answered and so is the next request', async () => {
  const channel = `/api/v1/orgs/fieldnote/channels/${general}/messages`
  const head = (path: string, ...more: string[]) => [`POST ${path} HTTP/1.1`, HOST, ...more]
  const cases: [string[], number, string[]][] = [
    [head('/auth/password', 'Content-Type: text/plain', 'Content-Length: 6'), 415, ['abc', 'def']],
    [
      head(channel, 'Content-Type: text/plain', 'Content-Length: 6', `Authorization: Bearer ${bot.key}`),
      415,
      ['abcdef'],
    ],
    [head(channel, 'Content-Length: 6'), 401, ['abc', 'def']],
    [head('/nothing', 'Content-Length: 6'), 404, ['abcdef']],
    [
      head('/auth/password', 'Content-Type: text/plain', 'Transfer-Encoding: chunked'),
      415,
      ['3\r\nabc\r\n', '0\r\n\r\n'],
    ],
    [
      head('/auth/password', 'Content-Type: application/json', 'Content-Length: 2000000'),
      413,
      ['x'.repeat(2_000_000)],
    ],
  ]
  for (const [lines, status, pieces] of cases) {
    const request = rawRequest(server.port, lines)
    for (const piece of pieces) {
      await Bun.sleep(20)
      request.socket.write(piece)
    }
    await until(() => request.text().startsWith(`HTTP/1.1 ${status}`), `${lines[0]} ${status}`)
    request.socket.write(SMUGGLED)
    await until(
      () => request.text().includes('min_bridge_version'),
      `the request after ${lines[0]} ${status}`,
    )
    request.socket.destroy()
  }
})

test('W7 a client that hangs up in its body costs no line, and every line of the log is JSON', async () => {
  for (const sent of ['', '{"a', '{"content": ']) {
    const request = rawRequest(server.port, [...JSON_POST, 'Content-Length: 100'])
    request.socket.write(sent)
    await Bun.sleep(50)
    request.socket.resetAndDestroy()
  }
  await Bun.sleep(200)
  const lines = server.log().trim().split('\n')
  // The two lines for the person who starts the server.
  const plain = lines.filter(
    (line) => !/^(Mission Control .* listens on |Set it up \(works once\): )/.test(line),
  )
  for (const line of plain) expect(JSON.parse(line).level, line).not.toBe('error')
})
