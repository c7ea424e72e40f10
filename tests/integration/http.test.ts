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
import { rawRequest } from '../support/raw-socket.ts'
import { rssOf, startServer, type TestServer } from '../support/server.ts'
import { SseJournal, until, WsJournal } from '../support/streams.ts'

const APP = 'https://app.example.com'
const STRANGER = 'https://stranger.example'

let server: TestServer
let admin: Person
let bot: Agent
let general: string

/** Limits are on, as on a server that somebody runs. */
beforeAll(async () => {
  server = await startServer({
    env: {
      MC_RATE_LIMITS: 'on',
      MC_CORS_ORIGIN: APP,
      DEPLOYMENT_MODE: 'multi-tenant',
      MC_LOG_LEVEL: 'debug',
    },
  })
  admin = await setUp(server)
  bot = await addAgent(admin, 'forge')
  general = (await generalChannel(admin)).id
})
afterAll(() => server.stop())

const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers })

describe('another origin', () => {
  test('that is listed may read answers, good and bad, and streams', async () => {
    for (const path of ['/version', '/auth/me', '/no/such/path', '/']) {
      const answer = await get(path, { Origin: APP })
      expect([path, answer.headers.get('access-control-allow-origin')]).toEqual([path, APP])
      expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
      expect(answer.headers.get('vary')).toContain('Origin')
      // The app reads the clock of the server from it.
      expect(answer.headers.get('access-control-expose-headers')).toMatch(/\bDate\b/)
      await answer.arrayBuffer()
    }
    const abort = new AbortController()
    const stream = await fetch(`${server.url}/api/v1/orgs/fieldnote/events/stream`, {
      headers: { ...bot.headers, Origin: APP },
      signal: abort.signal,
    })
    expect([stream.status, stream.headers.get('access-control-allow-origin')]).toEqual([200, APP])
    abort.abort()
  })

  test('that is listed may ask before it writes, and write', async () => {
    const asked = await fetch(`${server.url}/api/v1/orgs/fieldnote/channels/${general}/messages`, {
      method: 'OPTIONS',
      headers: {
        Origin: APP,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type,x-csrf-token',
      },
    })
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-origin')).toBe(APP)
    expect(asked.headers.get('access-control-allow-methods')).toContain('POST')
    expect(asked.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('x-csrf-token')
    const posted = await admin.in<Message>(
      'POST',
      `/channels/${general}/messages`,
      { content: 'from the app' },
      { Origin: APP },
    )
    expect(posted.status).toBe(201)
    const socket = await WsJournal.open(`${server.url}/api/v1/orgs/fieldnote/channels/ws`, {
      Cookie: admin.cookieHeader,
      Origin: APP,
    })
    socket.close()
  })

  test('that is not listed gets no header, and may not write', async () => {
    const answer = await get('/version', { Origin: STRANGER })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    const asked = await fetch(`${server.url}/auth/password`, {
      method: 'OPTIONS',
      headers: { Origin: STRANGER, 'Access-Control-Request-Method': 'POST' },
    })
    expect(asked.headers.get('access-control-allow-origin')).toBeNull()
    const posted = await admin.in(
      'POST',
      `/channels/${general}/messages`,
      { content: 'x' },
      { Origin: STRANGER },
    )
    expect(posted.status).toBe(403)
  })
})

test('every answer carries the security headers and its request id', async () => {
  const preflight = { method: 'OPTIONS', headers: { Origin: APP, 'Access-Control-Request-Method': 'POST' } }
  const requests: [string, RequestInit?][] = [
    ...['/', '/login', '/health', '/ready', '/version', '/metrics', '/auth/me', '/api/v1/nothing'].map(
      (path): [string] => [path],
    ),
    ...['/docs', '/docs/json', '/docs/swagger-ui.css', '/assets/none.js', '/%'].map((path): [string] => [
      path,
    ]),
    ['/', { method: 'HEAD' }],
    ['/health', { method: 'DELETE' }],
    ['/api/v1/orgs', preflight],
    ['/auth/password', { method: 'POST', body: 'x', headers: { 'Content-Type': 'text/plain' } }],
    ['/auth/password', { method: 'POST', body: '{', headers: { 'Content-Type': 'application/json' } }],
    ['/auth/password', { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) }],
    ['/api/v1/orgs/fieldnote/channels/ws', { headers: bot.headers }],
  ]
  for (const [path, init] of requests) {
    const answer = await fetch(server.url + path, init)
    const { headers } = answer
    const at = `${init?.method ?? 'GET'} ${path} ${answer.status}`
    expect([at, headers.get('x-content-type-options')]).toEqual([at, 'nosniff'])
    expect([at, headers.get('x-frame-options')]).toEqual([at, 'DENY'])
    expect([at, headers.get('referrer-policy')]).toEqual([at, 'strict-origin-when-cross-origin'])
    expect([at, headers.get('cross-origin-opener-policy')]).toEqual([at, 'same-origin'])
    expect([at, headers.has('permissions-policy')]).toEqual([at, true])
    expect([at, headers.get('content-security-policy')]).toEqual([
      at,
      expect.stringContaining("frame-ancestors 'none'"),
    ])
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/)
    expect([at, headers.get('x-mc-api-version')]).toEqual([at, '2026.1'])
    expect([at, headers.get('x-request-id')]).toEqual([at, expect.stringMatching(/^[0-9a-f-]{36}$/)])
    await answer.arrayBuffer()
  }
})

test('the API’s document has its browser at /docs; a file of another version is not found, not a page', async () => {
  for (const path of ['/docs', '/docs/']) {
    const answer = await get(path)
    expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
      path,
      200,
      'text/html; charset=utf-8',
    ])
    expect(await answer.text()).toContain('/docs/swagger-ui-bundle.js')
  }
  expect((await get('/assets/index-of-another-version.js')).status).toBe(404)
})

test('metrics are for this machine, not for whoever a proxy on it speaks for', async () => {
  expect((await get('/metrics')).status).toBe(200)
  expect((await get('/metrics', { 'X-Forwarded-For': '203.0.113.9' })).status).toBe(401)
  expect((await get('/metrics', { Authorization: 'Bearer nonsense' })).status).toBe(401)
})

test('a body of whatever size is refused in the one shape, and not kept in memory', async () => {
  for (const [mebibytes, header] of [
    [200, 'Content-Length: 209715200'],
    [200, 'Transfer-Encoding: chunked'],
  ] as const) {
    const before = rssOf(server.pid)
    const request = rawRequest(server.port, [
      'POST /auth/password HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      header,
    ])
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    for (let i = 0; i < mebibytes && !request.closed(); i++) {
      if (header.startsWith('Transfer')) request.socket.write('100000\r\n')
      const taken = request.socket.write(chunk)
      if (header.startsWith('Transfer')) request.socket.write('\r\n')
      if (!taken) await Bun.sleep(1)
    }
    await until(() => request.text().includes('PAYLOAD_TOO_LARGE'), `the refusal of ${header}`)
    expect(request.text()).toStartWith('HTTP/1.1 413')
    expect(rssOf(server.pid) - before).toBeLessThan(64)
    request.socket.destroy()
  }
})

describe('rate limits', () => {
  test('say where the caller stands, refuse over the burst with Retry-After, and let others through', async () => {
    const other = await addAgent(admin, 'other')
    const answers = await Promise.all(Array.from({ length: 300 }, () => bot.in('GET', '/channels')))
    const refused = answers.filter(({ status }) => status === 429)
    // A slow machine may answer some of the admitted calls with 503; nothing else is neither admitted nor refused.
    const admitted = answers.filter(({ status }) => status === 200 || status === 503)
    expect(admitted.length).toBeGreaterThanOrEqual(100)
    expect(admitted.length + refused.length).toBe(answers.length)
    expect(refused.length).toBeGreaterThan(5)
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    for (const { headers } of refused) {
      const [limit, remaining, reset_s] = ['limit', 'remaining', 'reset'].map((name) =>
        Number(headers.get(`ratelimit-${name}`) ?? 'none'),
      )
      expect([limit, remaining]).toEqual([120, 0])
      // One call may come after `Retry-After`, all of them after `RateLimit-Reset`.
      expect(reset_s).toBeGreaterThanOrEqual(Number(headers.get('retry-after')))
    }
    const good = answers.find(({ status }) => status === 200)
    expect(good?.headers.get('ratelimit-limit')).toBe('120')
    expect(Number(good?.headers.get('ratelimit-remaining'))).toBeLessThan(120)
    // Behind the same address.
    expect((await other.in('GET', '/channels')).status).toBe(200)
  })

  test('of messages, connections, failed sign-ins and wrong keys say so in the same headers', async () => {
    // A server of its own: afterwards nobody gets in from this address for a while.
    const other = await startServer({ env: { MC_RATE_LIMITS: 'on' } })
    try {
      const owner = await setUp(other)
      const channel = (await generalChannel(owner)).id
      const limitsOf = ({ status, headers }: { status: number; headers: Headers }) => {
        const [after, ...rest] = [
          'retry-after',
          'ratelimit-limit',
          'ratelimit-remaining',
          'ratelimit-reset',
        ].map((name) => headers.get(name))
        return {
          status,
          waits: Number(after) > 0 && Number(rest[2]) >= Number(after),
          limit: rest[0],
          remaining: rest[1],
        }
      }
      const refusedAmong = async (
        count: number,
        call: () => Promise<{ status: number; headers: Headers }>,
      ) => {
        const answers = await Promise.all(Array.from({ length: count }, call))
        return limitsOf(answers.find(({ status }) => status === 429) ?? answers[0]!)
      }
      const post = () => owner.in('POST', `/channels/${channel}/messages`, { content: 'much' })
      const said = { status: 429, waits: true, remaining: '0' }
      expect(await refusedAmong(100, post)).toEqual({ ...said, limit: '60' })
      const wrong = () =>
        new Person(other.url).call('POST', '/auth/password', { email: 'x@example.com', password: 'x' })
      expect(await refusedAmong(12, wrong)).toMatchObject(said)
      const Authorization = `Bearer mc_ak_live_${'a'.repeat(12)}_${'b'.repeat(43)}`
      const guess = () => fetch(`${other.url}/api/v1/orgs`, { headers: { Authorization } })
      const known = await addAgent(owner, 'known')
      expect((await known.in('GET', '/users/me')).status).toBe(200)
      // Connections have a limit per org, said in the same way; streams say where their caller stands.
      await owner.in('PATCH', '', { settings: { connection_limits: { sse: 1 } } })
      const stream = () =>
        fetch(`${other.url}/api/v1/orgs/${owner.org}/events/stream`, { headers: known.headers })
      const [first, second] = [await stream(), await stream()]
      expect([first.status, first.headers.get('ratelimit-limit')]).toEqual([200, '120'])
      expect(limitsOf(second)).toEqual({ ...said, limit: '1' })
      await Promise.all([first.body?.cancel(), second.body?.cancel()])
      await refusedAmong(60, guess)
      expect(await refusedAmong(10, guess)).toMatchObject(said)
      // Agents behind one address do not starve each other.
      expect((await known.in('GET', '/users/me')).status).toBe(200)
      await owner.in('DELETE', `/users/${known.user.id}/api-keys`)
      expect((await known.in('GET', '/users/me')).status).toBeGreaterThanOrEqual(401)
    } finally {
      await other.stop()
    }
  })

  test('do not keep the answer from a repeat', async () => {
    const busy = await addAgent(admin, 'busy')
    const create = (title: string) =>
      busy.in<{ id: string }>('POST', '/tasks', { title }, { 'Idempotency-Key': 'once' })
    const first = await create('once')
    expect(first.status).toBe(201)
    const many = <T>(count: number, call: () => Promise<T>) =>
      Promise.all(Array.from({ length: count }, call))
    const [refused, again] = await Promise.all([
      many(200, () => busy.in('GET', '/tasks?per_page=1')),
      many(60, () => create('once')),
    ])
    expect(refused.filter(({ status }) => status === 429).length).toBeGreaterThan(10)
    for (const { status, body, headers } of again) {
      expect([status, body.id]).toEqual([201, first.body.id])
      expect(headers.get('idempotent-replay')).toBe('true')
    }
    const post = (content: string, client_id?: string) =>
      busy.in<Message>('POST', `/channels/${general}/messages`, { content, client_id })
    // Its tokens come back at ten a second: wait for one.
    let said = await post('once', 'once')
    for (; said.status === 429; said = await post('once', 'once')) await Bun.sleep(50)
    const [, repeats, others] = await Promise.all([
      many(150, () => busy.in('GET', '/tasks?per_page=1')),
      many(20, () => post('once', 'once')),
      many(20, () => post('not said before')),
    ])
    expect(repeats.map(({ status, body }) => [status, body.id])).toEqual(
      repeats.map(() => [200, said.body.id]),
    )
    expect(others.filter(({ status }) => status === 429).length).toBeGreaterThan(5)
    // To look for one has a bound of its own.
    const looked = await many(400, () => create('once'))
    expect(looked.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
  })

  test('of messages is their own: 60 at once, and a repeat of a stored one is answered over it', async () => {
    const talker = await addAgent(admin, 'talker')
    // A person wrote: what follows is one agent alone, not agents that answer each other.
    await admin.in('POST', `/channels/${general}/messages`, { content: 'Go on.' })
    const post = (client_id: string) =>
      talker.in<Message>('POST', `/channels/${general}/messages`, { content: client_id, client_id })
    const answers = await Promise.all(Array.from({ length: 80 }, (_, i) => post(`m-${i}`)))
    const refused = answers.filter(({ status }) => status === 429)
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(60)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]?.headers.get('ratelimit-limit')).toBe('60')
    expect(refused[0]?.headers.get('ratelimit-remaining')).toBe('0')
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await post('m-0')).status).toBe(200)
  })

  test('slow down who tries wrong keys, and nobody who has a right one behind the same address', async () => {
    const wrong = { Authorization: `Bearer ${bot.key.slice(0, -4)}AAAA` }
    const statuses: number[] = []
    for (let i = 0; i < 30; i++) statuses.push((await get('/api/v1/orgs/fieldnote/channels', wrong)).status)
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401))
    const last = await get('/api/v1/orgs/fieldnote/channels', wrong)
    expect([last.status, last.headers.get('ratelimit-remaining')]).toEqual([429, '0'])
    const fresh = await addAgent(admin, 'fresh')
    expect((await fresh.in('GET', '/users/me')).status).toBe(200)
    const { body } = await admin.in<{ data: { payload: unknown }[] }>(
      'GET',
      '/events?type=auth.api_key_failure',
    )
    expect(body.data.map(({ payload }) => payload)).toEqual([
      {
        user_id: bot.user.id,
        key_id: expect.any(String),
        reason: 'wrong',
        count: 1,
        ip: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
        user_agent: expect.any(String),
      },
    ])
  })

  test('do not count what machines ask all the time', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => get('/health')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    await Promise.all(answers.map((answer) => answer.arrayBuffer()))
  })

  test('count whoever is refused by its address', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => get('/auth/me')))
    const statuses = new Set(answers.map(({ status }) => status))
    expect(statuses).toEqual(new Set([401, 429]))
    await Promise.all(answers.map((answer) => answer.arrayBuffer()))
    // Who is signed in is not touched by that.
    expect((await admin.call('GET', '/auth/me')).status).toBe(200)
  })
})

describe('an organization', () => {
  const make = (who: Person, slug: string, key: string) =>
    who.call<{ id: string; error?: { code: string } }>(
      'POST',
      '/api/v1/orgs',
      { name: 'Second', slug },
      { 'Idempotency-Key': key },
    )

  test('is made once for one Idempotency-Key, also when the repeat overtakes', async () => {
    const [first, second] = await Promise.all([make(admin, 'second', 'k1'), make(admin, 'second', 'k1')])
    const third = await make(admin, 'second', 'k1')
    expect([first.status, second.status, third.status]).toEqual([201, 201, 201])
    expect(new Set([first.body.id, second.body.id, third.body.id]).size).toBe(1)
    const replays = [first, second].map(({ headers }) => headers.get('idempotent-replay'))
    expect(new Set(replays)).toEqual(new Set(['true', null]))
    expect(third.headers.get('idempotent-replay')).toBe('true')
  })

  test('with the same key and another body is refused; with another key the slug is taken', async () => {
    const other = await make(admin, 'third', 'k1')
    expect([other.status, other.body.error?.code]).toEqual([409, 'IDEMPOTENCY_CONFLICT'])
    const taken = await make(admin, 'second', 'k2')
    expect([taken.status, taken.body.error?.code]).toEqual([409, 'SLUG_TAKEN'])
  })
})

test('nothing that opens a door, and nothing that people wrote, is in the server’s log', async () => {
  const words = 'the-words-of-a-person'
  const person = await join(admin, 'Ana Lima')
  await person.in('POST', `/channels/${general}/messages`, { content: words })
  await person.call('POST', '/auth/password', { email: 'ana.lima@example.com', password: 'not-hers-at-all' })
  await get(`/api/v1/orgs/fieldnote/channels?token=${bot.key}`)
  await get('/auth/me', { Authorization: `Bearer ${bot.key}x` })
  await fetch(`${server.url}/auth/password`, { method: 'POST', body: '{"password": "half a body' })
  const stream = await SseJournal.open(`${server.url}/api/v1/orgs/fieldnote/events/stream`, bot.headers)
  await until(() => stream.frames.length > 0)
  await stream.close()
  const log = server.log().replaceAll(/setup\?token=\S+/g, '')
  const secrets = [
    bot.key,
    bot.key.split('_').at(-1) ?? bot.key,
    PASSWORD,
    words,
    'not-hers-at-all',
    ...person.cookies.values(),
    ...admin.cookies.values(),
  ]
  for (const secret of secrets) expect(log.includes(secret)).toBe(false)
})
