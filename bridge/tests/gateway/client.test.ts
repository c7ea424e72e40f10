import { describe, expect, test } from 'bun:test'
import { FakeClock, settle } from '../../../tests/support/fake-clock.ts'
import { GatewayClient } from '../../src/gateway/client.ts'
import { GatewayAway, type GatewayEvent, GatewayRefused, type Link } from '../../src/gateway/port.ts'
import { FakeSockets } from './fake-socket.ts'

const KEY = 'agent:main:mc:acme:project:1'

/** A client without randomness: it waits the whole of each delay. */
async function made() {
  const clock = new FakeClock()
  const sockets = new FakeSockets()
  const reports: string[] = []
  const client = new GatewayClient({
    url: 'ws://gateway.test',
    auth: { kind: 'token', token: 'a-secret-token' },
    owns: (key) => key.startsWith('agent:main:mc:'),
    version: '1.2.3',
    clock,
    random: () => 0.999999,
    open: sockets.open,
    report: (stage) => void reports.push(stage),
  })
  const events: GatewayEvent[] = []
  const links: Link[] = []
  client.onEvent((event) => void events.push(event))
  client.onLink((link) => void links.push(link))
  const connect = async (hello: Parameters<(typeof sockets.last)['hello']>[0] = {}) => {
    sockets.last.challenge()
    await settle()
    sockets.last.hello(hello)
    await settle()
  }
  await settle()
  return { clock, sockets, client, events, links, connect, reports }
}

const passing = { code: 'UNAVAILABLE', message: 'later', retryable: true }

describe('the connection', () => {
  test('B62 introduces itself with the smallest set of members, after the challenge', async () => {
    const { sockets } = await made()
    expect(sockets.last.sent).toEqual([])
    sockets.last.challenge()
    await settle()
    const { params } = sockets.last.last('connect')
    expect(params).toMatchObject({
      minProtocol: 4,
      maxProtocol: 4,
      role: 'operator',
      scopes: ['operator.read', 'operator.write'],
      client: { id: 'gateway-client', mode: 'backend', version: '1.2.3' },
      auth: { token: 'a-secret-token' },
    })
    expect('device' in params).toBe(false)
  })

  test('a gateway that does not say hello within 15 s is given up', async () => {
    const { clock, sockets, client } = await made()
    await clock.advance(14_999)
    expect(client.link.status).toBe('connecting')
    await clock.advance(1)
    expect(client.link.status).toBe('away')
    expect(sockets.last.terminated).toBe(true)
  })

  test('B63 is dead after two missed ticks; any frame counts as life', async () => {
    const { clock, sockets, client, connect } = await made()
    await connect({ tick_ms: 10_000 })
    await clock.advance(19_999)
    sockets.last.event('tick', { ts: 1 })
    await clock.advance(19_999)
    expect(client.link.status).toBe('connected')
    await clock.advance(1)
    expect(client.link).toMatchObject({ status: 'away', reason: 'nothing was heard for 20 s' })
    expect(sockets.last.closed).toEqual([4000])
    expect(sockets.last.terminated).toBe(true)
  })

  test('a machine that slept does not wait for further ticks', async () => {
    const { clock, client, connect } = await made()
    await connect({ tick_ms: 10_000 })
    clock.suspend(3_600_000)
    await clock.advance(20_000)
    expect(client.link.status).toBe('away')
  })

  test('frames that are none of the protocol are dropped', async () => {
    const { sockets, client, connect, events } = await made()
    await connect()
    for (const text of ['', '{', '[]', 'null', '{"type":"event"}', '{"type":"res","ok":true}'])
      sockets.last.say(text)
    sockets.last.say({ type: 'res', id: 'r999', ok: true, payload: {} })
    sockets.last.event('chat', { sessionKey: KEY, state: 'final' })
    expect(client.link.status).toBe('connected')
    expect(events).toEqual([])
  })

  test('a listener that throws is reported and stops nothing', async () => {
    const { sockets, client, connect, events, reports } = await made()
    client.onEvent(() => {
      throw new Error('a listener')
    })
    await connect()
    sockets.last.event('chat', { sessionKey: KEY, runId: 'r', state: 'final' })
    expect(reports).toEqual(['event listener'])
    expect(events).toHaveLength(1)
    expect(client.link.status).toBe('connected')
  })
})

describe('reconnection', () => {
  test('B63 1 s, doubled up to 30 s', async () => {
    const { clock, sockets, connect } = await made()
    await connect()
    sockets.last.end(1006)
    const delays: number[] = []
    for (let attempt = 0; attempt < 7; attempt++) {
      const opened = sockets.all.length
      const lost_at = clock.now()
      while (sockets.all.length === opened) await clock.advance(500)
      delays.push(clock.now() - lost_at)
      sockets.last.end(1006)
      await settle()
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  })

  test('at once begins anew after a connection that lasted', async () => {
    const { clock, sockets, connect } = await made()
    for (let attempt = 0; attempt < 4; attempt++) {
      sockets.last.end(1006)
      await clock.advance(8_000)
    }
    await connect()
    await clock.advance(15_000)
    const opened = sockets.all.length
    sockets.last.end(1006)
    await clock.advance(1_000)
    expect(sockets.all.length).toBe(opened + 1)
  })

  test('a gateway that restarts is tried within a second, however short the connection was', async () => {
    const { clock, sockets, connect, links } = await made()
    for (let round = 0; round < 5; round++) {
      await connect()
      if (round % 2 === 0) sockets.last.event('shutdown', { reason: 'gateway stopping' })
      sockets.last.end(round % 2 === 0 ? 1006 : 1012, 'service restart')
      const opened = sockets.all.length
      await clock.advance(1_000)
      expect(sockets.all.length).toBe(opened + 1)
    }
    expect(links.map(({ status }) => status)).toEqual(
      Array.from({ length: 5 }, () => ['connected', 'away']).flat() as Link['status'][],
    )
  })

  test('a gateway that starts names the time to wait, and it is kept', async () => {
    const { clock, sockets, client } = await made()
    sockets.last.challenge()
    await settle()
    sockets.last.refuse('connect', { ...passing, retryAfterMs: 500, details: { reason: 'startup-sidecars' } })
    await settle()
    sockets.last.end(1013, 'gateway starting')
    await settle()
    expect(client.link.status).toBe('away')
    await clock.advance(499)
    expect(sockets.all).toHaveLength(1)
    await clock.advance(1)
    expect(sockets.all).toHaveLength(2)
  })

  test('nothing is opened after close, and what waits is told', async () => {
    const { clock, sockets, client, connect } = await made()
    await connect()
    const waiting = client.agents().catch((error) => error)
    await settle()
    await client.close()
    expect(await waiting).toBeInstanceOf(GatewayAway)
    await clock.advance(120_000)
    expect(sockets.all).toHaveLength(1)
    expect(clock.waiting).toBe(0)
    expect(client.agents()).rejects.toBeInstanceOf(GatewayAway)
  })
})

describe('refusals of the link', () => {
  test.each([
    ['2026.7.9', 4, 'version', ['2026.7.9', '2026.8.1']],
    ['2026.8.1-beta.3', 4, 'version', ['2026.8.1-beta.3', '2026.8.1']],
    ['2027.1.0', 5, 'protocol', ['2027.1.0', 'protocol 5', 'protocol 4']],
  ] as const)(
    'a gateway %s with protocol %i: both versions are named',
    async (version, protocol, reason, names) => {
      const { client, connect } = await made()
      await connect({ version, protocol })
      const { link } = client
      if (link.status !== 'refused') throw new Error(link.status)
      expect(link.reason).toBe(reason)
      for (const name of names) expect(link.message).toContain(name)
      expect(client.connected(AbortSignal.timeout(1_000))).rejects.toThrow(names[0])
    },
  )

  test('is tried on every 30 s, and taken back when the gateway was updated', async () => {
    const { clock, client, connect, sockets } = await made()
    await connect({ version: '2026.6.11' })
    await clock.advance(29_999)
    expect(sockets.all).toHaveLength(1)
    await clock.advance(1)
    await connect({ version: '2026.8.1' })
    expect(client.link.status).toBe('connected')
  })

  test('a protocol mismatch in the handshake names both protocols', async () => {
    const { client, sockets } = await made()
    sockets.last.challenge()
    await settle()
    const details = { code: 'PROTOCOL_MISMATCH', expectedProtocol: 5 }
    sockets.last.refuse('connect', { code: 'INVALID_REQUEST', message: 'protocol mismatch', details })
    await settle()
    expect(client.link).toMatchObject({ status: 'refused', reason: 'protocol' })
    expect(client.link).toHaveProperty('message', expect.stringMatching(/protocol 5; .* protocol 4/))
  })

  test('a request id that is no plain word is not shown as part of a command', async () => {
    const { client, sockets } = await made()
    sockets.last.challenge()
    await settle()
    const details = { code: 'PAIRING_REQUIRED', requestId: 'x; rm -rf /' }
    sockets.last.refuse('connect', { code: 'NOT_PAIRED', message: 'pairing required', details })
    await settle()
    expect(client.link).toHaveProperty('message', expect.stringMatching(/: openclaw devices list$/))
  })

  test('no message and no error has the token', async () => {
    const { client, sockets } = await made()
    sockets.last.challenge()
    await settle()
    const details = { code: 'AUTH_TOKEN_MISMATCH' }
    sockets.last.refuse('connect', { code: 'INVALID_REQUEST', message: 'token mismatch', details })
    await settle()
    expect(client.link).toMatchObject({ status: 'refused', reason: 'unauthorized' })
    expect(JSON.stringify(client.link)).not.toContain('a-secret-token')
  })
})

describe('requests', () => {
  test('are given up after 30 s; a late answer is dropped', async () => {
    const { clock, client, connect, sockets } = await made()
    await connect()
    const agents = client.agents().catch((error) => error)
    await clock.advance(29_000)
    sockets.last.event('tick', {})
    await clock.advance(1_000)
    expect(await agents).toBeInstanceOf(GatewayAway)
    sockets.last.answer('agents.list', { agents: [{ id: 'main' }] })
    expect(client.link.status).toBe('connected')
  })

  test('B22 one more than a thousand without an answer is refused as passing', async () => {
    const { client, connect } = await made()
    await connect()
    for (let n = 0; n < 1_000; n++) client.agents().catch(() => undefined)
    const error = await client.agents().catch((thrown) => thrown)
    expect(error).toBeInstanceOf(GatewayRefused)
    expect(error).toMatchObject({ code: 'BUSY', passing: true })
    await client.close()
  })

  test('a request above the limit of the gateway is refused for good, before it is sent', async () => {
    const { client, connect, sockets } = await made()
    await connect({ bytes_max: 1_000 })
    const turn = { session_key: KEY, run_id: 'r', message: 'ä'.repeat(600) }
    const error = await client.startTurn(turn).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'TOO_LARGE', passing: false })
    expect(sockets.last.sent.map(({ method }) => method)).toEqual(['connect'])
  })

  test('a refusal says whether a later attempt may succeed', async () => {
    const { client, connect, sockets } = await made()
    await connect()
    const turn = { session_key: KEY, run_id: 'r', message: 'x' }
    const first = client.startTurn(turn).catch((thrown) => thrown)
    await settle()
    sockets.last.refuse('agent', { ...passing, retryAfterMs: 1_000 })
    expect(await first).toMatchObject({ code: 'UNAVAILABLE', passing: true, retry_after_ms: 1_000 })
    const second = client.startTurn(turn).catch((thrown) => thrown)
    await settle()
    sockets.last.refuse('agent', { code: 'INVALID_REQUEST', message: 'Session is archived' })
    expect(await second).toMatchObject({ code: 'INVALID_REQUEST', passing: false })
  })

  test('a turn sends no member that was not asked for', async () => {
    const { client, connect, sockets } = await made()
    await connect()
    client.startTurn({ session_key: KEY, run_id: 'r', message: 'x' }).catch(() => undefined)
    await settle()
    const plain = { sessionKey: KEY, message: 'x', idempotencyKey: 'r', deliver: false }
    expect(sockets.last.last('agent').params).toEqual(plain)
    const more = { system_prompt: 'be kind', timeout_seconds: 60 }
    client.startTurn({ session_key: KEY, run_id: 'r', message: 'x', ...more }).catch(() => undefined)
    await settle()
    expect(sockets.last.last('agent').params).toEqual({ ...plain, extraSystemPrompt: 'be kind', timeout: 60 })
    await client.close()
  })
})
