import { afterEach, describe, expect, test } from 'bun:test'
import { activeAlarms, NO_ALARMS } from '../../src/health/alarms.ts'
import type { HealthFacts } from '../../src/health/facts.ts'
import { Metrics } from '../../src/health/metrics.ts'
import { HealthAddressRefused, type HealthServer, serveHealth } from '../../src/health/server.ts'
import { Scrubber } from '../../src/log/scrub.ts'
import { Secrets } from '../../src/log/secrets.ts'
import { agent, away, facts, NOW } from './samples.ts'

const servers: HealthServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

function serve(now: () => HealthFacts, secrets = new Secrets(), port = 0) {
  const metrics = new Metrics(
    { facts: now, alarms: () => ({ ...activeAlarms(NO_ALARMS), queue_full: 1 }) },
    now().agents.map(({ name }) => name),
  )
  const server = serveHealth({
    host: '127.0.0.1',
    port,
    facts: now,
    metrics,
    scrubber: new Scrubber(secrets),
  })
  servers.push(server)
  return { url: server.url, metrics }
}

describe('GET /health', () => {
  test('B90 200 while something works, 503 when nothing does', async () => {
    let now = facts()
    const { url } = serve(() => now)
    const ask = async () => {
      const response = await fetch(`${url}/health`)
      return [response.status, (await response.json()).status]
    }
    expect(await ask()).toEqual([200, 'ok'])
    now = facts(away(NOW))
    expect(await ask()).toEqual([200, 'degraded'])
    now = facts({ state: { ...facts().state, writable: false } })
    expect(await ask()).toEqual([503, 'failing'])
  })

  test('B93 is JSON that is not kept, and shows no secrets', async () => {
    const secrets = new Secrets()
    secrets.add('gateway-token-1')
    const key = `mc_ak_live_${'a1b2c3'.repeat(2)}_${'q7'.repeat(21)}`
    const stream = { mode: 'connecting', since: NOW, reason: `key ${key} refused` } as const
    const { url } = serve(
      () => facts({ ...away(NOW, 'ws://u:p4ss@h?token=x9 gateway-token-1'), agents: [agent({ stream })] }),
      secrets,
    )
    const response = await fetch(`${url}/health`)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const text = await response.text()
    for (const secret of ['q7q7', 'gateway-token-1', 'p4ss', 'x9']) expect(text).not.toContain(secret)
    expect(text).toContain('mc_ak_live_a1b2c3a1b2c3_…')
    expect(JSON.parse(text).agents[0].key).toBe('accepted')
  })
})

test('B91 GET /ready says what it waits for', async () => {
  let now = facts(away(NOW))
  const { url } = serve(() => now)
  const first = await fetch(`${url}/ready`)
  expect([first.status, await first.json()]).toEqual([503, { ready: false, waits_for: ['the gateway'] }])
  now = facts()
  const second = await fetch(`${url}/ready`)
  expect([second.status, await second.json()]).toEqual([200, { ready: true, waits_for: [] }])
})

test('everything else is refused', async () => {
  const { url } = serve(() => facts())
  expect((await fetch(`${url}/`)).status).toBe(404)
  expect((await fetch(`${url}/health/x`)).status).toBe(404)
  expect((await fetch(`${url}/health`, { method: 'POST', body: 'x' })).status).toBe(405)
  expect((await fetch(`${url}/health`, { method: 'HEAD' })).status).toBe(200)
})

describe('B93 an address that cannot be used is explained', () => {
  const options = (host: string, port: number) => {
    const metrics = new Metrics({ facts: () => facts(), alarms: () => activeAlarms(NO_ALARMS) }, [])
    return { host, port, facts: () => facts(), metrics, scrubber: new Scrubber(new Secrets()) }
  }

  test('a port in use', () => {
    const { url } = serve(() => facts())
    const port = Number(new URL(url).port)
    const again = () => serveHealth(options('127.0.0.1', port))
    expect(again).toThrow(HealthAddressRefused)
    expect(again).toThrow(
      `127.0.0.1:${port} is in use, by another mc-bridge or another program. Set another health.port`,
    )
  })

  test('a host that is not of this machine', () => {
    const elsewhere = () => serveHealth(options('203.0.113.9', 0))
    expect(elsewhere).toThrow(HealthAddressRefused)
    expect(elsewhere).toThrow('Check health.host and health.port.')
  })
})

describe('GET /metrics', () => {
  const ask = async (url: string) => {
    const response = await fetch(`${url}/metrics`)
    expect(response.headers.get('content-type')).toStartWith('text/plain; version=0.0.4')
    return (await response.text()).split('\n')
  }

  test('B92 has the metrics of the contract, and those of the process', async () => {
    const { url } = serve(() => facts())
    const names = (await ask(url)).flatMap(
      (line) => /^# TYPE (\S+) (\S+)/.exec(line)?.slice(1, 3).join(' ') ?? [],
    )
    for (const name of [
      'bridge_sse_connections_active gauge',
      'bridge_sse_reconnections_total counter',
      'bridge_messages_inbound_total counter',
      'bridge_messages_outbound_total counter',
      'bridge_messages_outbound_errors_total counter',
      'bridge_commands_routed_total counter',
      'bridge_sub_agents_active gauge',
      'bridge_gateway_latency_seconds histogram',
      'bridge_mc_api_latency_seconds histogram',
      'bridge_queue_depth gauge',
      'bridge_oldest_unsent_seconds gauge',
      'process_resident_memory_bytes gauge',
    ])
      expect(names).toContain(name)
  })

  test('gauges are of the moment, per agent of the moment', async () => {
    let now = facts({ agents: [agent(), agent({ name: 'pilot', queue: 0 })] })
    const { url } = serve(() => now)
    const first = await ask(url)
    for (const line of [
      'bridge_queue_depth{agent="scout"} 2',
      'bridge_queue_depth{agent="pilot"} 0',
      'bridge_sse_connections_active{agent="scout"} 1',
      'bridge_oldest_unsent_seconds 42.5',
      'bridge_gateway_connected 1',
      'bridge_alarms_active{kind="queue_full"} 1',
      'bridge_alarms_active{kind="gateway_away"} 0',
    ])
      expect(first).toContain(line)
    now = facts({ ...away(NOW), agents: [agent()], state: { ...facts().state, oldest_at: null } })
    const second = await ask(url)
    expect(second).toContain('bridge_oldest_unsent_seconds 0')
    expect(second).toContain('bridge_gateway_connected 0')
    expect(second.filter((line) => line.includes('bridge_queue_depth{agent="pilot"'))).toEqual([])
  })

  test('B92 counters begin at 0 and count', async () => {
    const { url, metrics } = serve(() => facts())
    expect(await ask(url)).toContain('bridge_messages_outbound_errors_total{agent="scout",reason="away"} 0')
    metrics.inbound('scout', 'message')
    metrics.outbound('scout', 'speech')
    metrics.outbound('scout', 'speech')
    metrics.outboundError('scout', 'away')
    metrics.command('scout', 'refused')
    metrics.reconnected('scout')
    metrics.gatewayLatency('startTurn', 40)
    metrics.serverLatency('post', 900)
    const lines = await ask(url)
    for (const line of [
      'bridge_messages_inbound_total{agent="scout",kind="message"} 1',
      'bridge_messages_outbound_total{agent="scout",kind="speech"} 2',
      'bridge_messages_outbound_errors_total{agent="scout",reason="away"} 1',
      'bridge_commands_routed_total{agent="scout",result="refused"} 1',
      'bridge_sse_reconnections_total{agent="scout"} 1',
      'bridge_gateway_latency_seconds_bucket{le="0.05",method="startTurn"} 1',
      'bridge_gateway_latency_seconds_bucket{le="0.025",method="startTurn"} 0',
      'bridge_mc_api_latency_seconds_sum{method="post"} 0.9',
    ])
      expect(lines).toContain(line)
  })
})
