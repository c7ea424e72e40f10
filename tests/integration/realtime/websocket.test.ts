import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { LIMITS } from '../../../src/contracts/limits.ts'
import {
  type Agent,
  addAgent,
  type Channel,
  generalChannel,
  join,
  type Message,
  type Person,
  setUp,
} from '../../support/client.ts'
import { RawWebSocket } from '../../support/raw-socket.ts'
import { databaseOf, startServer, type TestServer } from '../../support/server.ts'
import { SseJournal, until, WsJournal } from '../../support/streams.ts'

const PATH = '/api/v1/orgs/fieldnote/channels/ws'

let server: TestServer
let admin: Person
let ana: Person
let bot: Agent
let general: string

const open = (who: Person = ana, hello: Record<string, unknown> | null = {}) =>
  WsJournal.open(server.url + PATH, { Cookie: who.cookieHeader, Origin: server.url }, hello)
const raw = async (headers: Record<string, string>) => {
  const socket = new RawWebSocket(server.port, PATH, headers)
  await until(() => socket.head !== '')
  return socket
}
const status = async (headers: Record<string, string>) => {
  const socket = await raw(headers)
  socket.socket.destroy()
  return Number(/^HTTP\/1.1 (\d+)/.exec(socket.head)?.[1])
}

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  ana = await join(admin, 'Ana Lima')
  bot = await addAgent(admin, 'forge')
  general = (await generalChannel(admin)).id
})
afterAll(() => server.stop())

describe('the upgrade', () => {
  test('takes a cookie from our own pages only; a key from anywhere, but never in the query', async () => {
    const { host } = new URL(server.url)
    const cookie = { Cookie: ana.cookieHeader }
    expect(await status({ ...cookie, Origin: server.url })).toBe(101)
    expect(await status(cookie)).toBe(403)
    expect(await status({ ...cookie, Origin: `http://${host.replace('localhost', '127.0.0.1')}` })).toBe(101)
    for (const origin of [
      'https://evil.example',
      'null',
      `https://${host}`,
      `http://${host}.evil.example`,
      '',
    ])
      expect([origin, await status({ ...cookie, Origin: origin })]).toEqual([origin, 403])
    expect(await status({ ...cookie, Origin: server.url, 'Sec-Fetch-Site': 'cross-site' })).toBe(101)
    expect(await status({ ...bot.headers, Origin: 'https://evil.example' })).toBe(101)
    const by_query = await fetch(`${server.url}${PATH}?api_key=${bot.key}&token=${bot.key}`)
    expect(by_query.status).toBe(401)
  })

  test('chooses mc.v1 of the sub-protocols, never the key, and carries the headers of every answer', async () => {
    const socket = await raw({ 'Sec-WebSocket-Protocol': `mc.v1, bearer.${bot.key}` })
    expect(socket.head).toContain('Sec-WebSocket-Protocol: mc.v1')
    expect(socket.head).not.toContain(bot.key)
    expect(socket.head.toLowerCase()).toContain('x-content-type-options: nosniff')
    expect(socket.head.toLowerCase()).toContain('x-mc-api-version')
    socket.socket.destroy()
    for (const offered of [`bearer.${bot.key}`, `other, bearer.${bot.key}`])
      expect(await status({ 'Sec-WebSocket-Protocol': offered })).toBe(400)
    expect(await status({ 'Sec-WebSocket-Protocol': 'mc.v1, bearer.nonsense' })).toBe(401)
  })

  test('over the org’s limit is 429 with Retry-After, however many come at once', async () => {
    const limit = (websocket: number, sse: number) =>
      admin.in('PATCH', '', { settings: { connection_limits: { websocket, sse } } })
    await limit(5, 3)
    const opened = await Promise.allSettled(Array.from({ length: 30 }, () => open(ana, null)))
    expect(opened.filter((one) => one.status === 'fulfilled')).toHaveLength(5)
    const refused = await raw({ ...bot.headers })
    expect(refused.head).toStartWith('HTTP/1.1 429')
    expect(refused.head).toMatch(/Retry-After: \d+/)
    refused.socket.destroy()
    const stream = `${server.url}/api/v1/orgs/fieldnote/events/stream`
    const streams = await Promise.all(Array.from({ length: 20 }, () => SseJournal.open(stream, bot.headers)))
    expect(streams.filter((one) => one.status === 200)).toHaveLength(3)
    for (const one of opened) if (one.status === 'fulfilled') one.value.close()
    for (const one of streams) await one.close()
    await limit(200, 100)
  })
})

describe('hello', () => {
  test('comes first: until then nothing else is done, and after it not again', async () => {
    const ws = await open(ana, null)
    ws.send({ type: 'message', channel_id: general, content: 'too early', client_id: 'early' })
    await until(() => ws.ofType('error').length === 1)
    ws.send({ type: 'hello' })
    await until(() => ws.ofType('ready').length === 1)
    expect(ws.ofType('ready')[0]).toEqual({
      type: 'ready',
      log: expect.stringMatching(/^[a-z0-9]+$/),
      user_id: ana.user_id,
      channels: [{ id: general, last_seq: expect.any(Number) }],
    })
    ws.send({ type: 'hello' })
    await until(() => ws.ofType('error').length === 2)
    expect(ws.messages()).toEqual([])
    ws.close()
  })

  test('resumes what it can, whatever case an id is written in, and resyncs what it cannot', async () => {
    for (let i = 0; i < 3; i++)
      await admin.in<Message>('POST', `/channels/${general}/messages`, { content: `missed ${i}` })
    const { last_seq } = await generalChannel(admin)
    const upper = await open(ana, { resume: { [general.toUpperCase()]: last_seq - 2 } })
    await until(() => upper.messages(general).length === 2)
    const beyond = await open(ana, {
      resume: { [general]: last_seq + 1, [crypto.randomUUID()]: 7, nonsense: 1 },
    })
    await until(() => beyond.ofType('resync').length === 1)
    expect(beyond.ofType('resync')).toEqual([{ type: 'resync', channel_id: general, last_seq }])
    for (const resume of [{ [general]: -1 }, { [general]: 1.5 }, { [general]: '1' }, [], null]) {
      const ws = await open(ana, null)
      ws.send({ type: 'hello', resume })
      await until(() => ws.frames.length === 1)
      expect(ws.frames[0]).toMatchObject({ type: 'error', error: { code: 'VALIDATION_FAILED' } })
      ws.close()
    }
    upper.close()
    beyond.close()
  })

  test('resyncs a channel of which retention removed what comes next, and goes on live', async () => {
    const { body } = await admin.in<Channel>('POST', '/channels', { name: 'old' })
    const say = (content: string) => admin.in('POST', `/channels/${body.id}/messages`, { content })
    for (let i = 1; i <= 5; i++) await say(`old ${i}`)
    const sql = databaseOf(server)
    await sql`delete from messages where channel_id = ${body.id} and seq <= 3`
    await sql.end()
    const ws = await open(ana, { resume: { [body.id]: 1 } })
    await until(() => ws.ofType('resync').length === 1)
    expect(ws.ofType('resync')).toEqual([{ type: 'resync', channel_id: body.id, last_seq: 5 }])
    await say('new')
    await until(() => ws.messages(body.id).length === 1)
    expect(ws.messages(body.id)[0]).toMatchObject({ seq: 6, content: 'new' })
    const kept = await open(ana, { resume: { [body.id]: 3 } })
    await until(() => kept.messages(body.id).length === 3)
    expect(kept.messages(body.id).map(({ seq }) => seq)).toEqual([4, 5, 6])
    ws.close()
    kept.close()
  })

  test('that does not come within ten seconds ends the connection', async () => {
    const ws = await open(ana, null)
    const opened_at = Date.now()
    await until(() => ws.close_code !== undefined, 'the end')
    expect(ws.close_code).toBe(4003)
    expect(Date.now() - opened_at).toBeGreaterThan(9_500)
  })
})

describe('a message', () => {
  test('that is refused is named by its client_id, also for its fields, and is no bad frame', async () => {
    const ws = await open()
    const bad: Record<string, unknown>[] = [
      { content: '' },
      { content: 'x'.repeat(10_001) },
      { channel_id: 'nonsense' },
      { channel_id: crypto.randomUUID() },
      { mentions: ['nobody'] },
      { reply_to: crypto.randomUUID() },
      { kind: 'system' },
      { surplus: 1 },
    ]
    for (let round = 0; round < 2; round++)
      for (const [i, fields] of bad.entries())
        ws.send({ type: 'message', channel_id: general, content: 'x', client_id: `${round}-${i}`, ...fields })
    await until(() => ws.ofType('error').length === bad.length * 2)
    expect(new Set(ws.ofType('error').map((frame) => frame.client_id)).size).toBe(bad.length * 2)
    expect(ws.close_code).toBeUndefined()
    ws.close()
  })

  test('over the rate limit is refused with the wait in the details: a frame has no headers', async () => {
    const limited = await startServer({ env: { MC_RATE_LIMITS: 'on' } })
    try {
      const person = await setUp(limited)
      const { id: channel_id } = await generalChannel(person)
      const headers = { Cookie: person.cookieHeader, Origin: limited.url }
      const ws = await WsJournal.open(limited.url + PATH, headers)
      const answered = () => ws.ofType('ack').length + ws.ofType('error').length
      for (let sent = 0; ws.ofType('error').length === 0; ) {
        for (const last = sent + LIMITS.ws_inbound_queue_max / 2; sent < last; sent++)
          ws.send({ type: 'message', channel_id, content: 'x', client_id: `m-${sent}` })
        await until(() => answered() === sent)
      }
      const [refusal] = ws.ofType('error')
      expect(refusal?.error).toMatchObject({ code: 'RATE_LIMITED', details: { retry_after_s: 1 } })
      expect(ws.problems).toEqual([])
      ws.close()
    } finally {
      await limited.stop()
    }
  })

  test('sent twice is acknowledged twice with the same id; other content under its client_id is refused', async () => {
    const ws = await open()
    const frame = { type: 'message', channel_id: general, content: 'twice', client_id: 'twice' }
    ws.send(frame)
    ws.send(frame)
    ws.send({ ...frame, content: 'another' })
    await until(() => ws.ofType('ack').length === 2 && ws.ofType('error').length === 1)
    const [first, second] = ws.ofType('ack')
    expect(second).toEqual(first!)
    expect(ws.ofType('error')[0]).toMatchObject({
      client_id: 'twice',
      error: { code: 'IDEMPOTENCY_CONFLICT' },
    })
    expect(ws.messages(general).filter(({ content }) => content === 'twice')).toHaveLength(1)
    ws.close()
  })

  test('carries the name that its sender has now, and obeys an org that is read-only now', async () => {
    const ws = await open()
    await ana.in('PATCH', `/users/${ana.user_id}`, { display_name: 'Ana Maria Lima' })
    ws.send({ type: 'message', channel_id: general, content: 'renamed', client_id: 'renamed' })
    await until(() => ws.ofType('message').length === 1)
    expect(ws.ofType('message')[0]?.message).toMatchObject({ sender: { display_name: 'Ana Maria Lima' } })
    await admin.in('POST', '/suspend')
    ws.send({ type: 'message', channel_id: general, content: 'no', client_id: 'no' })
    await until(() => ws.ofType('error').length === 1)
    expect(ws.ofType('error')[0]).toMatchObject({ client_id: 'no', error: { code: 'ORG_READ_ONLY' } })
    await admin.in('POST', '/resume')
    ws.close()
  })
})

describe('frames', () => {
  test('that are bad count in a row only: a good one between them starts anew', async () => {
    const ws = await open()
    for (let i = 0; i < 9; i++) ws.send('{nonsense')
    ws.send({ type: 'ping' })
    for (let i = 0; i < 9; i++) ws.send(i % 2 ? '[]' : '{"type":"nothing"}')
    ws.send({ type: 'ping' })
    await until(() => ws.ofType('pong').length === 2)
    expect(ws.ofType('error')).toHaveLength(18)
    for (let i = 0; i < 10; i++) ws.socket.send(new Uint8Array([1, 2, 3]))
    await until(() => ws.close_code !== undefined)
    expect(ws.close_code).toBe(4003)
    expect(ws.ofType('error')).toHaveLength(28)
  })

  test('may have 64 KiB, and one byte more closes with 1009', async () => {
    const sized = (size: number) => {
      const shell = JSON.stringify({ type: 'message', channel_id: general, content: '' })
      return shell.replace('""', `"${'x'.repeat(size - shell.length)}"`)
    }
    const ws = await open()
    ws.send(sized(64 * 1024))
    await until(() => ws.ofType('error').length === 1)
    expect(ws.close_code).toBeUndefined()
    ws.send(sized(64 * 1024 + 1))
    await until(() => ws.close_code !== undefined)
    expect(ws.close_code).toBe(1009)
  })

  test('that come by thousands close with 4029, whatever they are, and cost the others nothing', async () => {
    const other = await open(admin)
    for (const frame of [
      { type: 'ping' },
      { type: 'typing', channel_id: general },
      { type: 'read', channel_id: general, seq: 1 },
      { type: 'message', channel_id: general, content: 'flood' },
    ]) {
      const flooding = await raw(bot.headers)
      flooding.send(JSON.stringify({ type: 'hello' }))
      await until(() => flooding.texts.length > 0)
      flooding.send(...Array.from({ length: 5_000 }, () => JSON.stringify(frame)))
      await until(() => flooding.close_code !== undefined, `the end of a flood of ${frame.type}`)
      expect([frame.type, flooding.close_code]).toEqual([frame.type, 4029])
      flooding.socket.destroy()
    }
    expect(other.ofType('typing').length).toBeLessThan(3)
    other.send({ type: 'ping' })
    await until(() => other.ofType('pong').length === 1, 'the others')
    other.close()
  })
})

test('read markers reach one’s own other connections, presence and access follow what happens', async () => {
  const [here, there, other] = [await open(), await open(), await open(admin)]
  const posted = await admin.in<Message>('POST', `/channels/${general}/messages`, { content: 'read me' })
  await until(() => here.messages(general).some(({ content }) => content === 'read me'))
  here.send({ type: 'read', channel_id: general, seq: posted.body.seq })
  await until(() => there.ofType('read').length === 1, 'the marker')
  expect(there.ofType('read')[0]).toEqual({ type: 'read', channel_id: general, seq: posted.body.seq })
  expect([here.ofType('read'), other.ofType('read')]).toEqual([[], []])
  // Back again: every own connection hears of it, the one that read them, too.
  await ana.in('PUT', `/channels/${general}/unread`, { seq: posted.body.seq })
  await ana.in('PUT', `/channels/${general}/preferences`, { muted: true })
  for (const ws of [here, there]) {
    await until(() => ws.ofType('preferences').length === 1, 'the preferences')
    expect(ws.ofType('preferences')[0]).toEqual({ type: 'preferences', channel_id: general, muted: true })
    expect(ws.ofType('read').at(-1)).toEqual({
      type: 'read',
      channel_id: general,
      seq: posted.body.seq - 1,
      rewinds: 1,
    })
  }
  expect([...other.ofType('read'), ...other.ofType('preferences')]).toEqual([])
  const lastPresence = (ws: WsJournal) =>
    ws.ofType('presence').findLast((frame) => frame.channel_id === general)
  const online = () => lastPresence(other)?.user_ids
  await until(() => (online() as string[] | undefined)?.includes(ana.user_id) ?? false, 'presence')
  // A later connection changes nothing and still gets the presence.
  const later = await open()
  await until(() => lastPresence(later) !== undefined, 'presence on a later connection')
  expect(lastPresence(later)).toEqual(lastPresence(other)!)
  later.close()

  const project = await admin.in<{ id: string; channel_id: string }>('POST', '/projects', {
    name: 'Harbour',
    type: 'software',
  })
  const { id, channel_id } = project.body
  const say = (content: string) => admin.in('POST', `/channels/${channel_id}/messages`, { content })
  await say('before')
  const assigned = (method: 'PUT' | 'DELETE') => admin.in(method, `/projects/${id}/users/${ana.user_id}`)
  await assigned('PUT')
  await say('during')
  await until(() => here.messages(channel_id).length === 1)
  await ana.in('PUT', `/channels/${channel_id}/read`, { seq: 2 })
  await assigned('DELETE')
  await say('after')
  await until(() => here.ofType('channel_removed').length === 1)
  expect(here.ofType('channel_removed')).toEqual([{ type: 'channel_removed', channel_id }])
  // Assigned again, with the former marker; messages posted at once follow the announcement.
  await assigned('PUT')
  await Promise.all(Array.from({ length: 20 }, (_, i) => say(`again ${i}`)))
  await until(() => here.messages(channel_id).length === 21)
  expect(here.messages(channel_id).map(({ seq }) => seq)).toEqual([
    2,
    ...Array.from({ length: 20 }, (_, i) => 4 + i),
  ])
  const counts = {
    id: channel_id,
    name: 'Harbour',
    topic: null,
    type: 'project' as const,
    project_id: id,
    mention_count: 0,
    rewinds: 0,
    muted: false,
  }
  expect(here.ofType('channel_added').map(({ channel }) => channel)).toEqual([
    { ...counts, last_seq: 1, read_seq: 1, unread_count: 0 },
    { ...counts, last_seq: 3, read_seq: 2, unread_count: 1 },
  ])
  here.close()
  there.close()
  await until(() => !(online() as string[]).includes(ana.user_id), 'absence')
  other.close()
})
