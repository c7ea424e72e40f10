import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  type Agent,
  addAgent,
  generalChannel,
  join,
  type Message,
  PASSWORD,
  Person,
  setUp,
} from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { SseJournal, until, WsJournal } from '../support/streams.ts'

let server: TestServer
let admin: Person
let ana: Person
let bot: Agent
let general: string

const stream = (query = '') => `${server.url}/api/v1/orgs/fieldnote/events/stream${query}`
const socket = () => `${server.url}/api/v1/orgs/fieldnote/channels/ws`
const post = (who: Person | Agent, content: string, rest: Record<string, unknown> = {}) =>
  who.in<Message>('POST', `/channels/${general}/messages`, { content, ...rest })

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  ana = await join(admin, 'Ana Lima')
  bot = await addAgent(admin, 'forge')
  general = (await generalChannel(admin)).id
})
afterAll(() => server.stop())

describe('first run', () => {
  test('set-up works once', async () => {
    const again = await new Person(server.url).call('POST', '/auth/setup', {
      token: server.setup_token,
      name: 'X',
      email: 'x@example.com',
      password: PASSWORD,
      org_name: 'X',
      org_slug: 'xxx',
    })
    expect(again.status).toBe(409)
    expect(again.body).toMatchObject({ error: { code: 'ALREADY_SET_UP', status: 409 } })
  })

  test('who am I, and which orgs', async () => {
    const me = await admin.call('GET', '/auth/me')
    expect(me.body).toMatchObject({
      user: { id: admin.user_id },
      memberships: [{ org: { slug: 'fieldnote' }, role: 'administrator' }],
    })
    expect((await admin.call('GET', '/api/v1/orgs')).body).toMatchObject({
      data: [{ slug: 'fieldnote', role: 'administrator' }],
      pagination: { total: 1 },
    })
    expect((await bot.in('GET', '/users/me')).body).toMatchObject({
      type: 'agent',
      identifier: 'forge',
      username: 'forge',
    })
  })
})

describe('sign-in', () => {
  test('a wrong password and an unknown account get the same words', async () => {
    const wrong = await new Person(server.url).call('POST', '/auth/password', {
      email: 'ines@example.com',
      password: 'not the password',
    })
    const unknown = await new Person(server.url).call('POST', '/auth/password', {
      email: 'nobody@example.com',
      password: 'not the password',
    })
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    expect(wrong.body).toEqual(unknown.body)
  })

  test('a write by cookie needs its CSRF token, and a page of our own', async () => {
    const person = await new Person(server.url).signIn('ines@example.com', PASSWORD)
    const path = `/api/v1/orgs/fieldnote/channels/${general}/messages`
    expect((await person.call('POST', path, { content: 'x' }, { 'X-CSRF-Token': 'forged' })).status).toBe(403)
    expect(
      (await person.call('POST', path, { content: 'x' }, { Origin: 'https://evil.example' })).status,
    ).toBe(403)
    expect(
      (
        await new Person(server.url).call(
          'POST',
          '/auth/password',
          { email: 'ines@example.com', password: PASSWORD },
          { Origin: 'https://evil.example' },
        )
      ).status,
    ).toBe(403)
  })

  test('an Authorization header is judged alone', async () => {
    const answer = await admin.call('GET', '/auth/me', undefined, {
      Authorization: 'Bearer mc_ak_live_nonsense',
    })
    expect(answer.body).toMatchObject({ error: { code: 'INVALID_API_KEY' } })
  })

  test('logging out ends the session and its streams within a second', async () => {
    const person = await new Person(server.url).signIn('ana.lima@example.com', PASSWORD)
    const sse = await SseJournal.open(stream(), { Cookie: person.cookieHeader })
    const ws = await WsJournal.open(socket(), { Cookie: person.cookieHeader, Origin: server.url })
    const cookie = person.cookieHeader
    expect((await person.call('POST', '/auth/logout')).status).toBe(204)
    await until(() => sse.ended && ws.close_code !== undefined, 'the streams to end')
    expect(sse.events.at(-1)).toMatchObject({ type: 'session.revoked', payload: { reason: 'session' } })
    expect(ws.close_code).toBe(4001)
    const after = await fetch(`${server.url}/auth/me`, { headers: { Cookie: cookie } })
    expect(after.status).toBe(401)
  })
})

describe('a message', () => {
  test('reaches a person by WebSocket and an agent by SSE, and the answer reaches both', async () => {
    const ws = await WsJournal.open(socket(), { Cookie: ana.cookieHeader, Origin: server.url })
    const sse = await SseJournal.open(stream(), bot.headers)
    ws.send({ type: 'message', channel_id: general, content: 'Hello @forge', client_id: 'c-1' })
    await until(() => ws.ofType('ack').length === 1 && sse.ofType('message.created').length === 1)
    const [ack] = ws.ofType('ack')
    expect(ack).toMatchObject({ client_id: 'c-1', channel_id: general })
    const message = sse.ofType('message.created')[0]?.payload.message as Message
    expect(message).toMatchObject({
      seq: ack?.seq as number,
      content: 'Hello @forge',
      mentions: [bot.user.id],
      sender: { id: ana.user_id, type: 'human' },
    })
    await until(() => sse.ofType('notification.created').length === 1)

    const answer = await post(bot, 'At your service.', { reply_to: message.id })
    expect(answer.status).toBe(201)
    await until(() => ws.messages(general).length === 2)
    expect(ws.messages(general).map((m) => m.content)).toEqual(['Hello @forge', 'At your service.'])
    await until(() => sse.ofType('message.created').length === 2)
    ws.close()
    await sse.close()
  })

  test('the same client_id stores one message, by whatever way', async () => {
    const first = await post(ana, 'once', { client_id: 'same' })
    const again = await post(ana, 'once', { client_id: 'same' })
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.body.id).toBe(first.body.id)
    const other = await post(ana, 'something else', { client_id: 'same' })
    expect(other.body).toMatchObject({ error: { code: 'IDEMPOTENCY_CONFLICT' } })
    const ws = await WsJournal.open(socket(), { Cookie: ana.cookieHeader, Origin: server.url })
    ws.send({ type: 'message', channel_id: general, content: 'once', client_id: 'same' })
    await until(() => ws.ofType('ack').length === 1)
    expect(ws.ofType('ack')[0]).toMatchObject({ id: first.body.id, seq: first.body.seq })
    ws.close()
  })

  test('an Idempotency-Key replays the first answer', async () => {
    const headers = { 'Idempotency-Key': 'key-1' }
    const first = await ana.in<Message>(
      'POST',
      `/channels/${general}/messages`,
      { content: 'idempotent' },
      headers,
    )
    const again = await ana.in<Message>(
      'POST',
      `/channels/${general}/messages`,
      { content: 'idempotent' },
      headers,
    )
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.headers.get('idempotent-replay')).toBe('true')
    expect(again.body).toEqual(first.body)
    const conflict = await ana.in('POST', `/channels/${general}/messages`, { content: 'another' }, headers)
    expect(conflict.body).toMatchObject({ error: { code: 'IDEMPOTENCY_CONFLICT' } })
    const agent = await admin.in<{ api_key: string | null }>(
      'POST',
      '/users',
      { type: 'agent', identifier: 'idem', display_name: 'Idem', role: 'contributor' },
      headers,
    )
    const replayed = await admin.in<{ api_key: string | null }>(
      'POST',
      '/users',
      { type: 'agent', identifier: 'idem', display_name: 'Idem', role: 'contributor' },
      headers,
    )
    expect(agent.body.api_key).toStartWith('mc_ak_live_')
    expect(replayed.body.api_key).toBeNull()
  })

  test('history pages backwards, forwards and around a place', async () => {
    for (let i = 0; i < 12; i++) await post(ana, `page ${i}`)
    const page = (query: string) =>
      ana.in<{ data: Message[]; next_cursor: string | null }>('GET', `/channels/${general}/messages?${query}`)
    const newest = (await page('limit=5')).body
    expect(newest.data.map((m) => m.content)).toEqual(['page 11', 'page 10', 'page 9', 'page 8', 'page 7'])
    const older = (await page(`limit=5&cursor=${newest.next_cursor}`)).body
    expect(older.data.map((m) => m.content)).toEqual(['page 6', 'page 5', 'page 4', 'page 3', 'page 2'])
    const from = older.data[0]!.seq
    const after = (await page(`limit=3&after=${from}`)).body
    expect(after.data.map((m) => m.seq)).toEqual([from + 3, from + 2, from + 1])
    const next = (await page(`limit=3&cursor=${after.next_cursor}`)).body
    expect(next.data.map((m) => m.seq)).toEqual([from + 5, from + 4])
    expect((await page(`around=${from}&limit=4`)).body.data.map((m) => m.seq)).toEqual([
      from + 2,
      from + 1,
      from,
      from - 1,
    ])
    const all: number[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await page(`limit=7${cursor ? `&cursor=${cursor}` : ''}`)
      all.push(...body.data.map((m) => m.seq))
      cursor = body.next_cursor
    }
    expect(all).toEqual(Array.from({ length: all.length }, (_, i) => all.length - i))
  })

  test('C45 content is stored as written, without blank lines at its ends; invisible content is refused', async () => {
    const drawing = '      │               ├── R122 10K\n+5V ──┬── R68  '
    expect((await post(ana, `\n \n${drawing}\n\n`)).body.content).toBe(drawing)
    expect((await post(ana, '\tone\n\n  two')).body.content).toBe('\tone\n\n  two')
    for (const content of ['', ' \n', '\u200b', '\u3164\u2060', '\u2800'])
      expect((await post(ana, content)).status).toBe(400)
  })

  test('C46 a known name after a slash is a command, any other only when asked for', async () => {
    const kind = async (content: string, asked?: string) =>
      (await ana.in<Message>('POST', `/channels/${general}/messages`, { content, kind: asked })).body.kind
    expect(await kind('/status')).toBe('command')
    for (const text of ['/tmp is full', '/etc/hosts is wrong', '//status', ' /status', '/deploy'])
      expect(await kind(text)).toBe('text')
    expect(await kind('/deploy now', 'command')).toBe('command')
    expect(await kind('no slash', 'command')).toBe('text')
  })

  test('C47 members mentioned outside code and addresses are notified, in any script', async () => {
    const mentions = async (content: string) => (await post(ana, content)).body.mentions
    for (const content of ['**@forge**', 'お願い@forge', '＠forge', '(@forge)'])
      expect(await mentions(content)).toEqual([bot.user.id])
    for (const content of ['`@forge`', 'https://example.com/@forge', '@forgeé', '@forge-2'])
      expect(await mentions(content)).toEqual([])
  })

  test('a command is stored as one and announced to agents; /help is answered here', async () => {
    const sse = await SseJournal.open(stream(), bot.headers)
    const command = await post(ana, '/status @forge now')
    expect(command.body.kind).toBe('command')
    await until(() => sse.ofType('command.invoked').length === 1)
    expect(sse.ofType('command.invoked')[0]?.payload).toMatchObject({
      command: 'status',
      args: '@forge now',
      target_agent_ids: [bot.user.id],
    })
    expect((await post(bot, '/stop')).body.kind).toBe('text')
    const help = await post(ana, '/help')
    await until(() =>
      sse.ofType('message.created').some((e) => (e.payload.message as Message).reply_to === help.body.id),
    )
    const answer = sse
      .ofType('message.created')
      .find((e) => (e.payload.message as Message).reply_to === help.body.id)?.payload.message
    expect(answer).toMatchObject({
      kind: 'command_output',
      sender: { id: null, type: 'system' },
      seq: help.body.seq + 1,
    })
    await sse.close()
  })

  test('read markers only move forward, and unread and mention counts follow', async () => {
    const state = async () =>
      (
        await ana.in<{ unread_count: number; mention_count: number; read_seq: number; last_seq: number }>(
          'GET',
          `/channels/${general}`,
        )
      ).body
    await ana.in('PUT', `/channels/${general}/read`, { seq: 1_000_000 })
    expect(await state()).toMatchObject({ unread_count: 0, mention_count: 0 })
    await post(admin, 'one')
    await post(admin, 'two @ana-lima')
    const before = await state()
    expect(before).toMatchObject({ unread_count: 2, mention_count: 1 })
    await ana.in('PUT', `/channels/${general}/read`, { seq: before.last_seq - 1 })
    expect(await state()).toMatchObject({ unread_count: 1, mention_count: 1 })
    await ana.in('PUT', `/channels/${general}/read`, { seq: 1 })
    expect(await state()).toMatchObject({ unread_count: 1 })
    await ana.in('PUT', `/channels/${general}/read`, { seq: before.last_seq })
    expect(await state()).toMatchObject({ unread_count: 0, mention_count: 0 })
    await post(ana, 'own')
    expect(await state()).toMatchObject({ unread_count: 0 })
  })

  test('a delivery moves forward only, and is published live', async () => {
    const ws = await WsJournal.open(socket(), { Cookie: ana.cookieHeader, Origin: server.url })
    const { body } = await post(ana, 'do it @forge')
    const report = (state: string) =>
      bot.in('POST', `/channels/${general}/messages/${body.seq}/deliveries`, { state })
    expect((await report('queued')).status).toBe(200)
    expect((await report('working')).status).toBe(200)
    expect((await report('working')).status).toBe(200)
    expect((await report('delivered')).body).toMatchObject({
      error: {
        code: 'INVALID_TRANSITION',
        details: { from: 'working', to: 'delivered', allowed: ['working', 'answered', 'failed'] },
      },
    })
    for (const seq of ['0', '1.0', '0x1', '1e0', '%201'])
      expect(
        (await bot.in('POST', `/channels/${general}/messages/${seq}/deliveries`, { state: 'queued' })).body,
      ).toMatchObject({ error: { code: 'INVALID_ID' } })
    expect((await report('answered')).body).toMatchObject({ agent_id: bot.user.id, state: 'answered' })
    await until(() => ws.ofType('delivery').length === 3)
    expect(ws.ofType('delivery').map((f) => f.state)).toEqual(['queued', 'working', 'answered'])
    const page = await ana.in<{ data: Message[] }>('GET', `/channels/${general}/messages?limit=1`)
    expect(page.body.data[0]?.deliveries).toMatchObject([{ agent_id: bot.user.id, state: 'answered' }])
    ws.close()
  })
})

describe('the stream', () => {
  test('resumes after Last-Event-ID without a gap or a repeat, from memory and from the database', async () => {
    const first = await SseJournal.open(stream(), bot.headers)
    await post(ana, 'before the cut')
    await until(() => first.ofType('message.created').length === 1)
    const cursor = first.last_id!
    await first.close()
    for (let i = 0; i < 25; i++) await post(ana, `missed ${i}`)
    const resumed = await SseJournal.open(stream(), { ...bot.headers, 'Last-Event-ID': cursor })
    await post(ana, 'live again')
    await until(() => resumed.ofType('message.created').length === 26)
    expect(resumed.ofType('message.created').map((e) => (e.payload.message as Message).content)).toEqual([
      ...Array.from({ length: 25 }, (_, i) => `missed ${i}`),
      'live again',
    ])
    const from_start = await SseJournal.open(stream('?last_event_id=0'), { Cookie: admin.cookieHeader })
    await until(() => from_start.sequences.at(-1) === resumed.sequences.at(-1))
    expect(from_start.sequences).toEqual(Array.from({ length: from_start.sequences.length }, (_, i) => i + 1))
    await resumed.close()
    await from_start.close()
  })

  test('a cursor that cannot be honoured is answered by events.reset, a malformed one by 400', async () => {
    for (const [cursor, reason] of [
      ['otherlog.5', 'other_log'],
      ['', ''],
    ] as const) {
      if (!cursor) continue
      const sse = await SseJournal.open(stream(), { ...bot.headers, 'Last-Event-ID': cursor })
      await until(() => sse.ofType('events.reset').length === 1)
      expect(sse.ofType('events.reset')[0]?.payload.reason).toBe(reason)
      await sse.close()
    }
    const opened = await SseJournal.open(stream(), bot.headers)
    await until(() => opened.events.length > 0)
    const { log, head } = opened.events[0]!.payload as { log: string; head: number }
    const beyond = await SseJournal.open(stream(), {
      ...bot.headers,
      'Last-Event-ID': `${log}.${head + 1_000}`,
    })
    await until(() => beyond.ofType('events.reset').length === 1)
    expect(beyond.ofType('events.reset')[0]?.payload).toMatchObject({ reason: 'beyond_head' })
    expect((await SseJournal.open(stream(), { ...bot.headers, 'Last-Event-ID': 'what?' })).status).toBe(400)
    await opened.close()
    await beyond.close()
  })

  test('filters by types and topics of the connection, and by the stored subscriptions', async () => {
    const only = await SseJournal.open(stream('?types=user.*'), { Cookie: admin.cookieHeader })
    const elsewhere = await SseJournal.open(stream(`?topics=channel:${crypto.randomUUID()}`), bot.headers)
    const here = await SseJournal.open(stream(`?topics=channel:${general}`), bot.headers)
    await post(ana, 'filtered')
    await addAgent(admin, 'filtered-one')
    await until(() => only.ofType('user.created').length === 1 && here.ofType('message.created').length === 1)
    expect(only.ofType('message.created')).toEqual([])
    expect(elsewhere.sequences).toEqual([])
    expect(here.ofType('user.created')).toEqual([])

    const subscribed = await SseJournal.open(stream(), bot.headers)
    await until(() => subscribed.events.length > 0)
    await bot.in('PUT', '/subscriptions', { mode: 'topics', topics: [] })
    await post(ana, 'not for you')
    await post(ana, 'for you @forge')
    await until(() => subscribed.ofType('message.created').length === 1)
    expect((subscribed.ofType('message.created')[0]!.payload.message as Message).content).toBe(
      'for you @forge',
    )
    await bot.in('PUT', '/subscriptions', { mode: 'all', topics: [] })
    for (const sse of [only, elsewhere, here, subscribed]) await sse.close()
  })

  test('revoking a key ends its streams within a second, and the key is dead', async () => {
    const doomed = await addAgent(admin, 'doomed')
    const sse = await SseJournal.open(stream(), doomed.headers)
    await until(() => sse.events.length > 0)
    expect((await admin.in('DELETE', `/users/${doomed.user.id}/api-keys`)).status).toBe(204)
    await until(() => sse.ended, 'the stream to end')
    expect(sse.events.at(-1)).toMatchObject({ type: 'session.revoked', payload: { reason: 'key' } })
    expect((await doomed.in('GET', '/users/me')).body).toMatchObject({ error: { code: 'INVALID_API_KEY' } })
  })

  test('rotation with grace keeps the old key for a while, without grace it is dead at once', async () => {
    const agent = await addAgent(admin, 'rotating')
    const rotate = (grace_hours: number) =>
      admin.in<{ api_key: string; previous_expires_at: string }>(
        'POST',
        `/users/${agent.user.id}/api-keys/rotate`,
        { grace_hours },
      )
    const kept = await rotate(1)
    expect(kept.status).toBe(201)
    expect((await agent.in('GET', '/users/me')).status).toBe(200)
    await rotate(0)
    expect((await agent.in('GET', '/users/me')).status).toBe(401)
    const keys = await admin.in<{ data: { prefix: string }[] }>('GET', `/users/${agent.user.id}/api-keys`)
    expect(keys.body.data).toHaveLength(3)
    expect(JSON.stringify(keys.body)).not.toContain(agent.key)
  })

  test('removing a member ends everything of it', async () => {
    const gone = await join(admin, 'Gone Soon')
    const sse = await SseJournal.open(stream(), { Cookie: gone.cookieHeader })
    const ws = await WsJournal.open(socket(), { Cookie: gone.cookieHeader, Origin: server.url })
    await until(() => sse.events.length > 0)
    expect((await admin.in('DELETE', `/users/${gone.user_id}`)).status).toBe(204)
    await until(() => sse.ended && ws.close_code === 4001, 'the streams to end')
    expect((await gone.in('GET', '/channels')).body).toMatchObject({ error: { code: 'ORG_NOT_FOUND' } })
  })

  test('over the org’s limit a stream is refused with 429', async () => {
    const streams = await Promise.all(
      Array.from({ length: 101 }, () => SseJournal.open(stream(), bot.headers)),
    )
    expect(streams.filter((s) => s.status === 429).length).toBeGreaterThan(0)
    expect(streams.filter((s) => s.status === 200).length).toBeLessThanOrEqual(100)
    await Promise.all(streams.map((s) => s.close()))
  })
})

describe('the WebSocket', () => {
  test('resumes each channel from its last seq without a gap or a repeat', async () => {
    const first = await WsJournal.open(socket(), { Cookie: ana.cookieHeader, Origin: server.url })
    await post(ana, 'seen')
    await until(() => first.messages(general).length === 1)
    const seq = first.messages(general)[0]!.seq
    const log = first.ofType('ready')[0]?.log
    first.close()
    for (let i = 0; i < 450; i++) await post(bot, `missed ${i}`)
    const resumed = await WsJournal.open(
      socket(),
      { Cookie: ana.cookieHeader, Origin: server.url },
      { log, resume: { [general]: seq } },
    )
    await post(ana, 'live')
    await until(() => resumed.messages(general).at(-1)?.content === 'live')
    expect(resumed.messages(general).map((m) => m.seq)).toEqual(
      Array.from({ length: 451 }, (_, i) => seq + 1 + i),
    )
    resumed.close()
  })

  test('says resync when it cannot resume', async () => {
    const ws = await WsJournal.open(
      socket(),
      { Cookie: ana.cookieHeader, Origin: server.url },
      { log: 'otherlog', resume: { [general]: 1 } },
    )
    await until(() => ws.ofType('resync').length === 1)
    expect(ws.ofType('resync')[0]).toMatchObject({ channel_id: general })
    ws.close()
  })

  test('frames of one client keep their order', async () => {
    const ws = await WsJournal.open(socket(), { Cookie: ana.cookieHeader, Origin: server.url })
    for (let i = 0; i < 60; i++)
      ws.send({ type: 'message', channel_id: general, content: `order ${i}`, client_id: `order-${i}` })
    await until(() => ws.ofType('ack').length === 60)
    expect(ws.messages(general).map((m) => m.content)).toEqual(
      Array.from({ length: 60 }, (_, i) => `order ${i}`),
    )
    ws.close()
  })

  test('typing reaches the others and stops by itself', async () => {
    const [a, b] = await Promise.all(
      [ana, admin].map((who) => WsJournal.open(socket(), { Cookie: who.cookieHeader, Origin: server.url })),
    )
    a!.send({ type: 'typing', channel_id: general })
    await until(() => b!.ofType('typing_stopped').length === 1)
    expect(b!.ofType('typing')[0]).toMatchObject({ channel_id: general, user_id: ana.user_id })
    expect(a!.ofType('typing')).toEqual([])
    a!.close()
    b!.close()
  })

  test('bad frames are answered, ten in a row close with 4003; a flood closes with 4029; a huge frame with 1009', async () => {
    const open = () => WsJournal.open(socket(), { Cookie: ana.cookieHeader, Origin: server.url })
    const bad = await open()
    for (let i = 0; i < 10; i++) bad.send('{nonsense')
    await until(() => bad.close_code !== undefined)
    expect(bad.close_code).toBe(4003)
    expect(bad.ofType('error').length).toBe(10)
    const flood = await open()
    for (let i = 0; i < 2_000; i++)
      flood.send({ type: 'message', channel_id: general, content: `flood ${i}` })
    await until(() => flood.close_code !== undefined)
    expect(flood.close_code).toBe(4029)
    const huge = await open()
    huge.send({ type: 'message', channel_id: general, content: 'x'.repeat(70_000) })
    await until(() => huge.close_code !== undefined)
    expect(huge.close_code).toBe(1009)
  })

  test('authenticates by sub-protocol, refuses a foreign origin and a key in the query', async () => {
    const by_protocol = new WebSocket(socket().replace('http', 'ws'), ['mc.v1', `bearer.${bot.key}`])
    await new Promise((resolve) => {
      by_protocol.onopen = resolve
    })
    expect(by_protocol.protocol).toBe('mc.v1')
    by_protocol.close()
    expect(
      WsJournal.open(socket(), { Cookie: ana.cookieHeader, Origin: 'https://evil.example' }),
    ).rejects.toThrow()
    expect(WsJournal.open(`${socket()}?api_key=${bot.key}`, {})).rejects.toThrow()
  })
})

test('the log is complete and contiguous, and a contributor does not see security events in it', async () => {
  const all: { sequence: number; type: string }[] = []
  for (let cursor = ''; ; ) {
    const { body } = await admin.in<{
      data: { sequence: number; type: string }[]
      next_cursor: string | null
    }>('GET', `/events?order=asc&limit=200${cursor ? `&cursor=${cursor}` : ''}`)
    all.push(...body.data)
    if (body.next_cursor === null) break
    cursor = body.next_cursor
  }
  expect(all.map((e) => e.sequence)).toEqual(Array.from({ length: all.length }, (_, i) => i + 1))
  expect(new Set(all.map((e) => e.type))).toContain('auth.login_success')
  const seen = await ana.in<{ data: { type: string }[] }>('GET', '/events?limit=200&type=auth.*')
  expect(seen.body.data.filter((e) => e.type === 'auth.login_failure')).toEqual([])
})
