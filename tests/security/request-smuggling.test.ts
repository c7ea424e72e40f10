/** Request smuggling: shapes that a proxy in front and this server could split into different requests. */
import { beforeAll, expect, test } from 'bun:test'
import { rawRequest } from '../support/raw-socket.ts'
import { until } from '../support/streams.ts'
import { messages, type World, world } from './world.ts'

let target: World

beforeAll(async () => {
  target = await world()
})

const HOST = 'Host: localhost'
const JSON_POST = ['POST /auth/password HTTP/1.1', HOST, 'Content-Type: application/json']
const SMUGGLED = `GET /version HTTP/1.1\r\n${HOST}\r\n\r\n`

const UNPARSABLE: [string, string[], string][] = [
  ['an unknown version', ['GET / HTTP/9.9', HOST], ''],
  ['no version', ['GET /', HOST], ''],
  ['a NUL in the target', ['GET /a\0b HTTP/1.1', HOST], ''],
  ['a NUL in a header', ['GET / HTTP/1.1', HOST, 'X: a\0b'], ''],
  ['a space before the colon', ['GET / HTTP/1.1', HOST, 'X : a'], ''],
  ['a huge header', ['GET / HTTP/1.1', HOST, `X: ${'a'.repeat(100_000)}`], ''],
  [
    'length and chunks',
    [...JSON_POST, 'Content-Length: 4', 'Transfer-Encoding: chunked'],
    `0\r\n\r\n${SMUGGLED}`,
  ],
  ['two lengths', [...JSON_POST, 'Content-Length: 2', 'Content-Length: 40'], `{}${SMUGGLED}`],
  ['a negative length', [...JSON_POST, 'Content-Length: -2'], `{}${SMUGGLED}`],
  ['a list of lengths', [...JSON_POST, 'Content-Length: 2, 2'], `{}${SMUGGLED}`],
  ['an unknown coding', [...JSON_POST, 'Transfer-Encoding: xchunked'], `0\r\n\r\n${SMUGGLED}`],
  ['chunked, then identity', [...JSON_POST, 'Transfer-Encoding: chunked, identity'], `0\r\n\r\n${SMUGGLED}`],
  [
    'chunked by a tab',
    [...JSON_POST, 'Transfer-Encoding:\tchunked', 'Content-Length: 4'],
    `0\r\n\r\n${SMUGGLED}`,
  ],
  ['a length with a sign', [...JSON_POST, 'Content-Length: +2'], `{}${SMUGGLED}`],
  ['a length in hexadecimal', [...JSON_POST, 'Content-Length: 0x2'], `{}${SMUGGLED}`],
  ['a chunk with a sign', [...JSON_POST, 'Transfer-Encoding: chunked'], `-1\r\n{}\r\n0\r\n\r\n${SMUGGLED}`],
  [
    'a chunk beyond counting',
    [...JSON_POST, 'Transfer-Encoding: chunked'],
    `fffffffffffffffff2\r\n{}\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  ['a folded header', ['GET / HTTP/1.1', HOST, 'X: a', ' Content-Length: 40'], ''],
  [
    'a line feed alone in a header',
    ['GET / HTTP/1.1', HOST, 'X: a\nTransfer-Encoding: chunked'],
    `0\r\n\r\n${SMUGGLED}`,
  ],
  ['a bad chunk', [...JSON_POST, 'Transfer-Encoding: chunked'], `zz\r\n{}\r\n0\r\n\r\n${SMUGGLED}`],
]

test.each(UNPARSABLE)(
  'W6 %s ends the connection, and nothing behind it is a request',
  async (_, lines, rest) => {
    const request = rawRequest(target.server.port, lines)
    request.socket.write(rest)
    await until(() => request.closed())
    expect(request.text()).not.toContain('min_bridge_version')
    expect(request.text()).toMatch(/^(HTTP\/1\.1 (400|431|505) |$)/)
  },
)

test('W7 pipelined requests are answered in order, or none of them has an effect', async () => {
  const post = (content: string) => {
    const body = JSON.stringify({ content })
    return [
      `POST /api/v1/orgs/fieldnote/channels/${target.params.channel_id}/messages HTTP/1.1`,
      HOST,
      `Authorization: Bearer ${target.agent.key}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n')
  }
  const request = rawRequest(target.server.port, ['GET /health HTTP/1.1', HOST])
  request.socket.write(post('pipelined 1') + post('pipelined 2') + SMUGGLED)
  const get = `GET /api/v1/orgs/fieldnote/channels HTTP/1.1\r\n${HOST}\r\nAuthorization: Bearer ${target.agent.key}\r\n\r\n`
  const reads = rawRequest(target.server.port, ['GET /health HTTP/1.1', HOST])
  reads.socket.write(get + post('pipelined 3'))
  await until(() => request.closed() && reads.closed())
  const stored = (await messages(target)).filter(({ content }) => content.startsWith('pipelined')).length
  const answered = [request, reads].map(({ text }) => text().split('HTTP/1.1 201').length - 1)
  expect(stored).toBe(answered[0]! + answered[1]!)
})
