import { afterEach, beforeEach, expect, test } from 'bun:test'
import type { ClientReport } from '../../../src/contracts/requests.ts'
import { AgentClient } from '../../src/server/agent-client.ts'
import type { ConnectionOptions, ObservedCall } from '../../src/server/connection.ts'
import { KeyRefused, ServerAway, ServerRefused } from '../../src/server/port.ts'
import {
  CHANNEL,
  type MisbehavingServer,
  misbehavingServer,
  OpenStream,
  ORG,
  refusal,
} from '../support/misbehaving-server.ts'
import { pump, RecordingClock, Traffic } from '../support/pump.ts'

const KEY = 'mc_test_0123456789_secret'
const REPORT: ClientReport = {
  name: 'mc-bridge',
  version: '0.1.0',
  wake: 'mention',
  state: 'ready',
  detail: null,
  gateway: null,
}
const MESSAGES = `/channels/${CHANNEL}/messages`

let server: MisbehavingServer
let clock: RecordingClock
let traffic: Traffic
const open: AgentClient[] = []

beforeEach(() => {
  server = misbehavingServer()
  clock = new RecordingClock()
  traffic = new Traffic()
})
afterEach(async () => {
  for (const client of open.splice(0)) client.close()
  await server.stop()
})

function client(options: Partial<ConnectionOptions> = {}): AgentClient {
  const made = new AgentClient({
    url: server.url,
    org_slug: ORG,
    api_key: KEY,
    clock,
    random: () => 0.5,
    fetch: traffic.fetch,
    ...options,
  })
  open.push(made)
  return made
}

/** Delays between the tries of calls; all others are time limits. */
const waits = () => clock.delays.filter((ms) => ms !== 10_000)

/** Waits for a call while time passes. */
async function outcome<T>(call: Promise<T>, step_ms = 500): Promise<T | Error> {
  let settled: { value: T | Error } | undefined
  call.then(
    (value) => {
      settled = { value }
    },
    (error: Error) => {
      settled = { value: error }
    },
  )
  await pump(clock, step_ms, () => settled !== undefined, 'the call to settle', traffic)
  return settled!.value
}

test('B55 a burst of 503 is retried with back-off, and the same message is sent each time', async () => {
  server.on(MESSAGES, (_, n) => (n < 3 ? refusal(503, 'UNAVAILABLE') : Response.json({ id: 'm1' })))
  const posted = await outcome(client().post(CHANNEL, { content: 'Hello', client_id: 'c1' }))
  expect(posted).toMatchObject({ id: 'm1' })
  // Half of 1 s and half of 2 s.
  expect(waits()).toEqual([500, 1_000])
  expect(server.requests.map(({ body }) => JSON.parse(body))).toEqual(
    Array.from({ length: 3 }, () => ({ content: 'Hello', client_id: 'c1' })),
  )
})

test('after the tries the server counts as away, with its code', async () => {
  server.on('/users/me', () => refusal(503, 'UNAVAILABLE', { 'Retry-After': '7' }))
  const error = await outcome(client({ tries: 2 }).me())
  expect(error).toBeInstanceOf(ServerAway)
  expect(error).toMatchObject({ retry_after_ms: 7_000, code: 'UNAVAILABLE' })
  expect(server.requests).toHaveLength(2)
})

test('B55 Retry-After is the least wait', async () => {
  server.on('/users/me', (_, n) =>
    n === 1 ? refusal(429, 'RATE_LIMITED', { 'Retry-After': '12' }) : Response.json({ id: 'u1' }),
  )
  expect(await outcome(client().me())).toMatchObject({ id: 'u1' })
  expect(waits()).toEqual([12_500])
})

test('a long Retry-After is left to the caller', async () => {
  server.on(MESSAGES, () => refusal(429, 'AGENT_LOOP', { 'Retry-After': '600' }))
  const error = await outcome(client().post(CHANNEL, { content: 'x', client_id: 'c1' }))
  expect(error).toMatchObject({ name: 'ServerAway', retry_after_ms: 600_000, code: 'AGENT_LOOP' })
  expect(server.requests).toHaveLength(1)
  expect(waits()).toEqual([])
})

test('a date in Retry-After is understood, an endless one is bounded', async () => {
  server.on('/users/me', () => refusal(429, 'RATE_LIMITED', { 'Retry-After': '99999999999' }))
  expect(await outcome(client().me())).toMatchObject({ retry_after_ms: 3_600_000 })
  const at = new Date(clock.now() + 90_000).toUTCString()
  server.on('/users/me', () => refusal(429, 'RATE_LIMITED', { 'Retry-After': at }))
  expect(await outcome(client().me())).toMatchObject({ retry_after_ms: expect.closeTo(90_000, -4) })
})

test('401 refuses the key; nothing is retried and the key is not told', async () => {
  server.on('/users/me', () => refusal(401, 'INVALID_API_KEY'))
  const error = await outcome(client().me())
  expect(error).toBeInstanceOf(KeyRefused)
  expect(String(error)).not.toContain(KEY)
  expect(server.requests).toHaveLength(1)
})

test('a key that was replaced while a call was under way is tried instead', async () => {
  const agent = client()
  server.on('/users/me', (request) => {
    if (request.headers.get('authorization') === 'Bearer other') return Response.json({ id: 'u1' })
    agent.useKey('other')
    return refusal(401, 'INVALID_API_KEY')
  })
  expect(await outcome(agent.me())).toMatchObject({ id: 'u1' })
})

test('B56 a key with a line break is refused before it is sent or shown', async () => {
  const error = await outcome(client({ api_key: `${KEY}\nX: y` }).me())
  expect(error).toBeInstanceOf(KeyRefused)
  expect(String(error)).not.toContain('secret')
  expect(server.requests).toHaveLength(0)
})

test('every other refusal is final and carries status and code', async () => {
  server.on(MESSAGES, () => refusal(409, 'ORG_READ_ONLY'))
  const error = await outcome(client().post(CHANNEL, { content: 'x', client_id: 'c1' }))
  expect(error).toBeInstanceOf(ServerRefused)
  expect(error).toMatchObject({ status: 409, code: 'ORG_READ_ONLY' })
  expect(server.requests).toHaveLength(1)
})

test('a proxy without its server is retried: 404 and 200 that are not ours', async () => {
  server.on('/users/me', (_, n) => {
    if (n === 1) return new Response('404 page not found', { status: 404 })
    return n === 2 ? new Response('<html>Sign in to the Wi-Fi</html>') : Response.json({ id: 'u1' })
  })
  expect(await outcome(client().me())).toMatchObject({ id: 'u1' })
})

test('B56 a redirect is not followed: the key stays with the host that it was given for', async () => {
  server.on('/users/me', () =>
    Response.redirect('https://elsewhere.example.com/api/v1/orgs/fieldnote/users/me', 301),
  )
  const error = await outcome(client().me())
  expect(error).toMatchObject({ name: 'ServerRefused', status: 301, code: 'REDIRECTED' })
  expect(String(error)).toContain('https://elsewhere.example.com')
})

test('a body that does not end is given up after the time limit, and tried again', async () => {
  server.on('/users/me', (_, n) => {
    if (n > 1) return Response.json({ id: 'u1' })
    return new OpenStream().text('{"id":').response
  })
  expect(await outcome(client({ request_timeout_ms: 3_000 }).me())).toMatchObject({ id: 'u1' })
})

test('B23 a body without an end is not read to the end of memory', async () => {
  const chunk = new Uint8Array(1024 * 1024).fill(0x20)
  server.on('/users/me', () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(chunk),
    })
    return new Response(body, { headers: { 'Content-Type': 'application/json' } })
  })
  const error = await outcome(client({ tries: 1, request_timeout_ms: 1e9 }).me(), 0)
  expect(error).toBeInstanceOf(ServerAway)
  expect(String(error)).toContain('16 MiB')
})

test('without a server, the reason is the code of the failure', async () => {
  const agent = client()
  await server.stop()
  const error = await outcome(agent.me())
  expect(error).toBeInstanceOf(ServerAway)
  expect(String(error)).toMatch(/ConnectionRefused|ECONNREFUSED/)
})

test('closing ends calls that are under way or wait', async () => {
  server.on('/users/me', () => new OpenStream().response)
  server.on('/channels', () => refusal(503, 'UNAVAILABLE'))
  const agent = client()
  const calls = [agent.me(), agent.channels()].map((call) => call.catch((error: unknown) => error))
  await pump(clock, 0, () => server.requests.length === 2)
  agent.close()
  for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(ServerAway)
})

test('each try is observed under its route', async () => {
  const seen: ObservedCall[] = []
  server.on(MESSAGES, (_, n) => (n === 1 ? refusal(503, 'UNAVAILABLE') : Response.json({ id: 'm1' })))
  const agent = client({ observe: (call) => seen.push(call) })
  await outcome(agent.post(CHANNEL, { content: 'x', client_id: 'c1' }))
  const route = 'POST /channels/{channel_id}/messages'
  expect(seen).toMatchObject([
    { route, status: 503 },
    { route, status: 200 },
  ])
})

test('lists are read from every page', async () => {
  server.on('/users', (request) => {
    const page = Number(new URL(request.url).searchParams.get('page'))
    return Response.json({
      data: [{ id: `u${page}` }],
      pagination: { page, per_page: 100, total: 3, total_pages: 3 },
    })
  })
  expect(await outcome(client().users())).toMatchObject([{ id: 'u1' }, { id: 'u2' }, { id: 'u3' }])
})

test('a delivery that is further already is none to report; its detail is bounded in characters', async () => {
  const path = `${MESSAGES}/7/deliveries`
  server.on(path, () => refusal(409, 'INVALID_TRANSITION'))
  expect(await outcome(client().deliver(CHANNEL, 7, 'working', `a\0${'🧵'.repeat(600)}`))).toBeUndefined()
  expect(JSON.parse(server.requests[0]!.body)).toEqual({
    state: 'working',
    detail: `a${'🧵'.repeat(499)}`,
  })
  server.on(path, () => refusal(404, 'MESSAGE_NOT_FOUND'))
  expect(await outcome(client().deliver(CHANNEL, 7, 'working'))).toBeInstanceOf(ServerRefused)
})

test('waiting deliveries are read to the thousandth, and a long detail of a report is shortened', async () => {
  server.on('/users/me/deliveries', (request) => {
    const query = new URL(request.url).searchParams
    expect(query.get('state')).toBe('queued')
    const page = Number(query.get('page'))
    const data = Array.from({ length: 100 }, (_, i) => ({
      channel_id: CHANNEL,
      seq: page * 100 + i,
      detail: null,
    }))
    return Response.json({ data, pagination: { page, per_page: 100, total: 5_000, total_pages: 50 } })
  })
  server.on('/users/me/client', () => new Response(null, { status: 204 }))
  expect(await outcome(client().waitingDeliveries())).toHaveLength(1_000)
  await outcome(client().reportClient({ ...REPORT, detail: 'x'.repeat(1_000) }))
  expect(JSON.parse(server.requests.at(-1)!.body).detail).toHaveLength(300)
})

test('an older server knows no waiting deliveries and takes no report', async () => {
  const agent = client()
  expect(await outcome(agent.waitingDeliveries())).toEqual([])
  expect(await outcome(agent.reportClient(REPORT))).toBe(false)
})

test('the version is asked without the key', async () => {
  const version = { version: '0.1.0', api_version: '2026.1', min_bridge_version: '0.1.0' }
  server.on('/version', () => Response.json(version))
  expect(await outcome(client().version())).toEqual(version)
  expect(server.requests[0]!.headers.get('authorization')).toBeNull()
})
