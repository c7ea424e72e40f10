/** Zip and JSON bombs: small bodies and frames that would become large, deep or slow when they are read. */
import { beforeAll, expect, test } from 'bun:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { sendRaw } from '../support/raw.ts'
import { RawWebSocket, rawRequest } from '../support/raw-socket.ts'
import { until } from '../support/streams.ts'
import { codeOf, type World, world } from './world.ts'

let target: World

beforeAll(async () => {
  target = await world()
})

const MIB = 1024 * 1024
const channel = () => `/api/v1/orgs/${target.params.org_slug}/channels/${target.params.channel_id}`

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  sendRaw(`${target.server.url}${channel()}/messages`, {
    method: 'POST',
    headers: { ...target.agent.headers, 'Content-Type': 'application/json', ...headers },
    body,
  })

test('a body in a content coding is never unpacked: it is no JSON', async () => {
  const bomb = Buffer.from(`{"content": "${' '.repeat(64 * MIB)}"}`)
  for (const [coding, packed] of [
    ['gzip', gzipSync(bomb)],
    ['deflate', deflateSync(bomb)],
    ['br', brotliCompressSync(bomb)],
    ['gzip, gzip', gzipSync(gzipSync(bomb))],
  ] as const) {
    const answer = await post(new Uint8Array(packed), { 'Content-Encoding': coding })
    expect([coding, codeOf(answer)]).toEqual([coding, 'INVALID_JSON'])
  }
})

test.each([
  ['a hundred thousand levels of lists', '['.repeat(100_000) + ']'.repeat(100_000)],
  ['a hundred thousand levels of objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
  ['levels that never end', '[{"a":'.repeat(150_000)],
  ['a list of half a million numbers', `{"content": [${'1,'.repeat(500_000)}1]}`],
  ['a hundred thousand names', `{${Array.from({ length: 80_000 }, (_, i) => `"k${i}":1`).join()}}`],
  ['one name a hundred thousand times', `{${'"content":"x",'.repeat(60_000)}"content":7}`],
  ['a number of a million digits', `{"content": ${'9'.repeat(1_000_000)}}`],
  ['a number beyond counting', '{"content": 1e999999999}'],
  ['a text of escapes', `{"content": "${'\\u0061'.repeat(170_000)}"}`],
  ['a name of a megabyte', `{"${'a'.repeat(1_000_000)}": 1}`],
])('%s is refused', async (_, body) => {
  const answer = await post(body)
  expect([400, 413]).toContain(answer.status)
  expect(answer.text.length).toBeLessThan(16_000)
})

test('one byte too many is 413, said in the head or found on the way', async () => {
  const body = `{"content": "${'x'.repeat(MIB)}"}`
  expect((await post(body)).status).toBe(413)
  const request = rawRequest(target.server.port, [
    `POST ${channel()}/messages HTTP/1.1`,
    'Host: localhost',
    `Authorization: Bearer ${target.agent.key}`,
    'Content-Type: application/json',
    'Content-Length: 99999999999999',
  ])
  await until(() => request.text() !== '' || request.closed())
  expect(request.text()).toMatch(/^HTTP\/1\.1 413|^$/)
  request.socket.destroy()
})

test('sockets have no compression to unpack, and a frame beyond the limit ends them', async () => {
  const open = () =>
    new RawWebSocket(target.server.port, `${channel().replace(/\/[^/]+$/, '')}/ws`, {
      Authorization: `Bearer ${target.agent.key}`,
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
    })
  const socket = open()
  await until(() => socket.head !== '')
  expect(socket.head).toStartWith('HTTP/1.1 101')
  expect(socket.head.toLowerCase()).not.toContain('sec-websocket-extensions')
  socket.send('{"type": "hello"}')
  await until(() => socket.texts.some((text) => text.includes('"ready"')))
  // A frame that says it is compressed, as a bomb would.
  socket.socket.write(Buffer.from([0xc1, 0x85, 0, 0, 0, 0, 1, 2, 3, 4, 5]))
  await until(() => socket.closed_at !== undefined)

  const large = open()
  await until(() => large.head !== '')
  // The head of a frame of 8 EiB: its payload is not waited for.
  large.socket.write(Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]))
  await until(() => large.closed_at !== undefined)

  const deep = open()
  await until(() => deep.head !== '')
  deep.send('{"type": "hello"}')
  await until(() => deep.texts.some((text) => text.includes('"ready"')))
  deep.send('['.repeat(30_000))
  await until(() => deep.texts.some((text) => text.includes('"error"')))
  deep.socket.destroy()
})

test('afterwards the server serves as before', async () => {
  expect((await post('{"content": "still here"}')).status).toBe(201)
})
