import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  type Agent,
  addAgent,
  generalChannel,
  type Message,
  type Person,
  setUp,
} from '../../support/client.ts'
import { type RawSocket, RawWebSocket, rawRequest } from '../../support/raw-socket.ts'
import { rssOf, startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'

let server: TestServer
let admin: Person
let bot: Agent
let general: string
const body = 'x'.repeat(9_000)

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  bot = await addAgent(admin, 'reader')
  general = (await generalChannel(admin)).id
})
afterAll(() => server.stop())

async function flood(n: number): Promise<void> {
  const ws = await WsJournal.open(`${server.url}/api/v1/orgs/fieldnote/channels/ws`, {
    Cookie: admin.cookieHeader,
    Origin: server.url,
  })
  for (let i = 0; i < n; i++) {
    ws.send({ type: 'message', channel_id: general, content: `${i} ${body}` })
    if (i % 32 === 31) await until(() => ws.ofType('ack').length >= i - 8, 'acks')
  }
  await until(() => ws.ofType('ack').length === n, 'acks')
  ws.close()
}

test('I-40 a WebSocket that is not read is closed with 4002: no gap before it, and others do not notice', async () => {
  const path = '/api/v1/orgs/fieldnote/channels/ws'
  const stalled = rawRequest(server.port, [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    `Authorization: Bearer ${bot.key}`,
  ])
  await until(() => stalled.text().includes('101 Switching'))
  const hello = Buffer.from(JSON.stringify({ type: 'hello' }))
  stalled.socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | hello.length, 0, 0, 0, 0]), hello]))
  await until(() => stalled.text().includes('"type":"ready"'))
  stalled.socket.pause()
  const other = await WsJournal.open(`${server.url}${path}`, { Authorization: `Bearer ${bot.key}` })
  const before = rssOf(server.pid)
  await flood(1_200)
  await until(() => other.messages(general).length === 1_200, 'the other reader')
  expect(rssOf(server.pid) - before).toBeLessThan(150)
  stalled.socket.resume()
  await until(() => stalled.closed(), 'the stalled connection to end')
  const seqs = [...stalled.text().matchAll(/"seq":(\d+),"kind"/g)].map((m) => Number(m[1]))
  expect(seqs.length).toBeLessThan(1_200)
  expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i))
  // A close frame: opcode 8, then the code 4002.
  expect(stalled.text()).toContain(Buffer.from([0x0f, 0xa2]).toString('latin1'))
  other.close()
})

test('I-41 an SSE stream that is not read is ended at the bound, resumes by its cursor, and costs little memory', async () => {
  const request = (cursor?: string) => [
    `GET /api/v1/orgs/fieldnote/events/stream HTTP/1.1`,
    'Host: localhost',
    `Authorization: Bearer ${bot.key}`,
    ...(cursor ? [`Last-Event-ID: ${cursor}`] : []),
  ]
  const stalled = rawRequest(server.port, request())
  await until(() => stalled.text().includes('stream.opened'))
  stalled.socket.pause()
  const other = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, bot.headers)
  const before = rssOf(server.pid)
  await flood(1_500)
  await until(() => other.ofType('message.created').length === 1_500, 'the other reader')
  expect(rssOf(server.pid) - before).toBeLessThan(150)
  stalled.socket.resume()
  await until(() => stalled.closed(), 'the stalled connection to end')
  const ids = [...stalled.text().matchAll(/\nid: ([a-z0-9]+\.\d+)\r?\n?data: \{"sequence"/g)].map(
    (m) => m[1]!,
  )
  expect(ids.length).toBeGreaterThan(0)
  expect(ids.length).toBeLessThan(1_500)
  const resumed = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, {
    ...bot.headers,
    'Last-Event-ID': ids.at(-1)!,
  })
  await until(() => resumed.ofType('message.created').length === 1_500 - ids.length, 'the rest')
  const seen = Number(ids.at(-1)?.split('.')[1])
  expect(resumed.sequences[0]).toBe(seen + 1)
  await other.close()
  await resumed.close()
})

async function metric(start: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(start))
  return Number(line?.split(' ').at(-1) ?? 0)
}

test('a revoked key ends stalled streams within a second: nothing that happens afterwards ever reaches them', async () => {
  const doomed = await addAgent(admin, 'doomed')
  const stalled: RawSocket[] = []
  const slow_before = await metric('mc_connections_ended_total{kind="sse",reason="slow"}')
  // The kernel takes some megabytes before a stream is stuck. New ones come while the first fills up: when that one is
  // ended for what waits for it, those right behind it are stuck and below the bound.
  while ((await metric('mc_connections_ended_total{kind="sse",reason="slow"}')) === slow_before) {
    const next = rawRequest(server.port, [
      'GET /api/v1/orgs/fieldnote/events/stream HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${doomed.key}`,
    ])
    await until(() => next.text().includes('stream.opened'))
    next.socket.pause()
    stalled.push(next)
    await flood(32)
  }
  expect(await metric('mc_edge_connections{kind="sse"}')).toBeGreaterThan(2)
  expect((await admin.in('DELETE', `/users/${doomed.user.id}/api-keys`)).status).toBe(204)
  await until(async () => (await metric('mc_edge_connections{kind="sse"}')) === 0, 'the streams to end')
  await admin.in<Message>('POST', `/channels/${general}/messages`, { content: 'the secret that came later' })
  for (const { socket } of stalled) socket.resume()
  await until(() => stalled.every((one) => one.closed()), 'the stalled connections to end')
  expect(stalled.filter((one) => one.text().includes('the secret that came later'))).toEqual([])
})

test('a revoked key closes a WebSocket that is not read within a second, and nothing later reaches it', async () => {
  const doomed = await addAgent(admin, 'doomed-too')
  const stalled = new RawWebSocket(server.port, '/api/v1/orgs/fieldnote/channels/ws', doomed.headers)
  await until(() => stalled.head !== '')
  stalled.send(JSON.stringify({ type: 'hello' }))
  await until(() => stalled.texts.length > 0)
  stalled.socket.pause()
  await flood(60)
  expect((await admin.in('DELETE', `/users/${doomed.user.id}/api-keys`)).status).toBe(204)
  await until(async () => (await metric('mc_edge_connections{kind="websocket"}')) === 0, 'the end')
  await admin.in<Message>('POST', `/channels/${general}/messages`, { content: 'the secret that came later' })
  stalled.socket.resume()
  await until(() => stalled.closed_at !== undefined, 'the stalled connection to end')
  expect(stalled.close_code).toBe(4001)
  expect(stalled.texts.join()).not.toContain('the secret that came later')
})

test('I-47 connections that come and go leave nothing behind', async () => {
  const counts = async () =>
    (await (await fetch(`${server.url}/metrics`)).text())
      .split('\n')
      .filter((line) => line.startsWith('mc_edge_connections{'))
  for (let round = 0; round < 20; round++) {
    const opened = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        i % 2
          ? SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, bot.headers)
          : WsJournal.open(`${server.url}/api/v1/orgs/fieldnote/channels/ws`, bot.headers),
      ),
    )
    for (const connection of opened) void connection.close()
  }
  await until(
    async () => (await counts()).every((line) => line.endsWith(' 0')),
    'the counters to return to 0',
  )
})
