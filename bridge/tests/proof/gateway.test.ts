import { afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock } from '../../../tests/support/fake-clock.ts'
import type { Faults } from '../../../tests/support/mock-gateway/faults.ts'
import { MockGateway } from '../../../tests/support/mock-gateway/gateway.ts'
import { until } from '../../../tests/support/streams.ts'
import { systemClock } from '../../src/clock.ts'
import { GatewayClient } from '../../src/gateway/client.ts'
import { Device } from '../../src/gateway/device.ts'
import type { GatewayAuth } from '../../src/gateway/handshake.ts'
import { findGatewayAgent } from '../../src/proof/gateway-agent.ts'
import { GatewayRefusal, linkGateway } from '../../src/proof/link-gateway.ts'
import { Trouble } from '../../src/proof/step.ts'
import { testPrefix, testTurn } from '../../src/proof/test-turn.ts'

const AGENT = { gateway_agent: 'main', org_slug: 'acme' }
const TURN = { clock: systemClock, timeout_ms: 60_000 }
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

function mock(faults: Partial<Faults> = {}): MockGateway {
  const gateway = new MockGateway({ faults })
  ends.push(() => gateway.kill())
  return gateway
}

function clientOf(url: string, auth: GatewayAuth): GatewayClient {
  const owns = (key: string) => key.startsWith(testPrefix(AGENT))
  const client = new GatewayClient({ url, auth, owns, version: '0.0.0' })
  ends.push(() => client.close())
  return client
}

function device(): Device {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-proof-'))
  ends.push(() => rmSync(folder, { recursive: true }))
  return Device.load(join(folder, 'device.json'))
}

async function linked(
  faults: Partial<Faults> = {},
): Promise<{ gateway: MockGateway; client: GatewayClient }> {
  const gateway = mock(faults)
  const client = clientOf(gateway.url, { kind: 'token', token: gateway.token })
  await linkGateway(client, { url: gateway.url, ...TURN })
  return { gateway, client }
}

async function troubleOf(promise: Promise<unknown>): Promise<Trouble> {
  const error = await promise.catch((reason: unknown) => reason)
  if (error instanceof Trouble) return error
  throw new Error(`no trouble: ${error}`)
}

describe('a gateway', () => {
  test('that starts is waited for', async () => {
    const gateway = mock({ starting: true })
    const client = clientOf(gateway.url, { kind: 'token', token: gateway.token })
    const link = linkGateway(client, { url: gateway.url, ...TURN })
    await until(() => client.link.status === 'away')
    gateway.set({ starting: false })
    expect(await link).toMatchObject({ status: 'connected', protocol: 4 })
  })

  test('that nobody started is told as such', async () => {
    const client = clientOf('ws://127.0.0.1:1', { kind: 'token', token: 'x' })
    const trouble = await troubleOf(linkGateway(client, { url: 'ws://127.0.0.1:1', ...TURN }))
    expect(trouble.message).toBe('No gateway listens at 127.0.0.1, port 1.')
    expect(trouble.todo).toContain('openclaw gateway run')
  })

  test('is not another program at its port', async () => {
    const other = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () => new Response('', { status: 404 }),
    })
    ends.push(() => other.stop(true))
    const url = `ws://127.0.0.1:${other.port}`
    const trouble = await troubleOf(
      linkGateway(clientOf(url, { kind: 'token', token: 'x' }), { url, ...TURN }),
    )
    expect(trouble.message).toContain('is no OpenClaw Gateway')
  })

  test('of another protocol is named with both', async () => {
    const gateway = mock({ version: '2026.6.11' })
    const client = clientOf(gateway.url, { kind: 'token', token: gateway.token })
    const trouble = await troubleOf(linkGateway(client, { url: gateway.url, ...TURN }))
    expect(trouble.message).toContain('2026.6.11')
    expect(trouble.message).toContain('2026.8.1')
  })

  test('that says nothing is given up on', async () => {
    const silent = Bun.serve<undefined>({
      hostname: '127.0.0.1',
      port: 0,
      fetch: (request, server) =>
        server.upgrade(request, { data: undefined }) ? undefined : new Response('ok'),
      websocket: { message: () => undefined },
    })
    ends.push(() => silent.stop(true))
    const url = `ws://127.0.0.1:${silent.port}`
    const clock = new FakeClock()
    const trouble = troubleOf(
      linkGateway(clientOf(url, { kind: 'token', token: 'x' }), { url, clock, timeout_ms: 20_000 }),
    )
    await clock.advance(20_000)
    expect((await trouble).message).toContain('is not ready within 20 seconds')
  })
})

describe('B107 a device that is not approved', () => {
  test('is a trouble with the command that approves it', async () => {
    const gateway = mock({ remote: true })
    const auth = { kind: 'device', device: device(), shared_token: gateway.token } as const
    const trouble = await troubleOf(linkGateway(clientOf(gateway.url, auth), { url: gateway.url, ...TURN }))
    expect(trouble).toBeInstanceOf(GatewayRefusal)
    expect(trouble.todo).toBe(
      `Run on the gateway's machine: openclaw devices approve ${gateway.pairing_requests[0]}`,
    )
  })

  test('waits for its approval when asked to, longer than the limit of a connection', async () => {
    const gateway = mock({ remote: true })
    const auth = { kind: 'device', device: device(), shared_token: gateway.token } as const
    const clock = new FakeClock()
    const commands: string[] = []
    const link = linkGateway(clientOf(gateway.url, auth), {
      url: gateway.url,
      clock,
      timeout_ms: 1_000,
      onPairing: (command) => commands.push(command),
    })
    await until(() => commands.length > 0)
    await clock.advance(60_000)
    const [request = ''] = gateway.pairing_requests
    expect(commands[0]).toBe(`openclaw devices approve ${request}`)
    gateway.approve(request)
    expect((await link).status).toBe('connected')
  })
})

describe('B107 a test turn', () => {
  test('brings the answer, in a session of its own that is archived', async () => {
    const { gateway, client } = await linked()
    const { text, took_ms } = await testTurn(client, AGENT, TURN)
    expect(text).toStartWith('echo: Say hello')
    expect(took_ms).toBeGreaterThanOrEqual(0)
    const [turn] = gateway.turns
    expect(turn?.session_key).toStartWith('agent:main:mc:acme:check-')
    const again = client.startTurn({ session_key: turn?.session_key ?? '', run_id: 'again', message: 'x' })
    expect(await again.catch(String)).toContain('archived')
  })

  test('is answered by the second answer where the event is lost', async () => {
    const { client } = await linked({ lost_final: true })
    expect((await testTurn(client, AGENT, TURN)).text).toStartWith('echo:')
  })

  test('that fails says why', async () => {
    const { client } = await linked({ provider_down: true })
    expect((await troubleOf(testTurn(client, AGENT, TURN))).message).toStartWith('The turn failed: ')
  })

  test('of an agent that is not there is refused', async () => {
    const { client } = await linked()
    const trouble = await troubleOf(testTurn(client, { ...AGENT, gateway_agent: 'ghost' }, TURN))
    expect(trouble.message).toContain('refused a turn of ghost')
  })

  test('that never ends is given up on', async () => {
    const { gateway, client } = await linked({ hang: true })
    const clock = new FakeClock()
    const trouble = troubleOf(testTurn(client, AGENT, { clock, timeout_ms: 120_000 }))
    await until(() => gateway.turns.length === 1)
    await clock.advance(120_000)
    expect((await trouble).message).toBe('No answer came within 120 seconds.')
  })

  test('ends with the connection', async () => {
    const { gateway, client } = await linked({ hang: true })
    const trouble = troubleOf(testTurn(client, AGENT, TURN))
    await until(() => gateway.turns.length === 1)
    gateway.dropAll()
    expect((await trouble).message).toContain('ended before the answer')
  })
})

describe('the agent of the gateway', () => {
  test('is found in whatever case', () => {
    expect(findGatewayAgent(['Main', 'scout'], 'main')).toBe('The gateway has the agent Main.')
  })

  test('that is not there is told with those that are', () => {
    expect(() => findGatewayAgent(['main', 'scout'], 'ghost')).toThrow('The gateway has no agent "ghost".')
    try {
      findGatewayAgent(['main', 'scout'], 'ghost')
    } catch (error) {
      expect(error instanceof Trouble && error.todo).toContain('It has main, scout')
    }
  })
})
