import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { healthUrl, statusCommand } from '../../src/cli/status.ts'
import { parseConfig } from '../../src/config/read.ts'
import { activeAlarms, NO_ALARMS } from '../../src/health/alarms.ts'
import type { HealthFacts } from '../../src/health/facts.ts'
import { Metrics } from '../../src/health/metrics.ts'
import { type HealthServer, serveHealth } from '../../src/health/server.ts'
import { Scrubber } from '../../src/log/scrub.ts'
import { Secrets } from '../../src/log/secrets.ts'

const NOW = Date.UTC(2026, 0, 1)
const agent = (name: string): HealthFacts['agents'][number] => ({
  name,
  org_slug: 'acme',
  key: 'accepted',
  stream: { mode: 'stream', since: NOW, reason: null },
  other_bridge: false,
  last_event_at: NOW - 5_000,
  sessions: 2,
  queue: 1,
  working_turns: 1,
  sub_agents: 0,
})
const FACTS: HealthFacts = {
  now: NOW,
  started_at: NOW - 90 * 60_000,
  version: '0.1.0',
  agents: [agent('scout'), { ...agent('a-longer-name'), last_event_at: null, sessions: 1 }],
  gateway: { status: 'connected', since: new Date(NOW), boot_id: 'b', version: '2026.5.1', protocol: 4 },
  server: { reachable: true, since: NOW, version: '0.1.0', reason: null },
  state: {
    writable: true,
    full: false,
    moved_aside: null,
    unfinished: 2,
    bytes: 10,
    oldest_at: NOW - 12_000,
  },
}

let facts = FACTS
let health: HealthServer
beforeAll(() => {
  const scrubber = new Scrubber(new Secrets())
  const metrics = new Metrics({ facts: () => facts, alarms: () => activeAlarms(NO_ALARMS) }, [])
  health = serveHealth({ host: '127.0.0.1', port: 0, facts: () => facts, metrics, scrubber })
})
afterAll(() => health.close())
beforeEach(() => {
  facts = FACTS
})

async function status(json = false, url = health.url) {
  const { hostname, port } = new URL(url)
  const config = parseConfig(
    `mission_control: { url: "https://x" }\nagents: [{ name: a, api_key_env: A, org_slug: acme }]\nhealth: { host: ${hostname}, port: ${port} }\n`,
    '/x/comms-bridge.yaml',
    { env: {}, platform: 'linux', home: '/', cwd: '/' },
  )
  const lines: string[] = []
  const problems: string[] = []
  const print = { out: (text: string) => lines.push(text), err: (text: string) => problems.push(text) }
  const code = await statusCommand(config, json, print)
  return { code, out: lines.join('\n'), err: problems.join('\n') }
}

describe('B106 the status of a running bridge', () => {
  test('is shown for people, with exit code 0 when all is well', async () => {
    expect(await status()).toEqual({
      code: 0,
      err: '',
      out: `mc-bridge 0.1.0, up for 1 h 30 min: ok

Mission Control  reachable, version 0.1.0
Gateway          connected, version 2026.5.1
Waiting          2 messages, the oldest for 12 seconds

scout           acme   stream   1 working, 1 waiting   2 sessions   last event 5 seconds ago
a-longer-name   acme   stream   1 working, 1 waiting   1 session    no event yet`,
    })
  })

  test('shows its reasons, with exit code 1, when all is not well', async () => {
    facts = {
      ...FACTS,
      agents: [{ ...agent('scout'), key: 'refused' }],
      gateway: { status: 'away', since: new Date(NOW), reason: 'refused' },
    }
    const degraded = await status()
    expect(degraded.code).toBe(1)
    expect(degraded.out).toContain(': degraded\n  - The gateway is away since')
    expect(degraded.out).toContain('  - Mission Control refuses the key of agent scout.')
    facts = { ...FACTS, state: { ...FACTS.state, writable: false } }
    expect(await status()).toMatchObject({ code: 1, out: expect.stringContaining(': failing\n') })
  })

  test('is the report itself with --json', async () => {
    const { out, code } = await status(true)
    expect([JSON.parse(out), code]).toEqual([await (await fetch(`${health.url}/health`)).json(), 0])
  })

  test('nobody there, and another program there, are told apart', async () => {
    expect(await status(false, 'http://127.0.0.1:1')).toEqual({
      code: 1,
      out: '',
      err: 'No bridge answers at http://127.0.0.1:1/health. Start one with: mc-bridge run',
    })
    for (const body of ['<html>', '{"status":"ok"}']) {
      const other = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response(body) })
      expect((await status(false, other.url.origin)).err).toContain('is no bridge')
      await other.stop(true)
    }
  })

  test.each([
    ['0.0.0.0', 'http://127.0.0.1:9090'],
    ['::', 'http://[::1]:9090'],
    ['::1', 'http://[::1]:9090'],
    ['localhost', 'http://localhost:9090'],
  ])('listening on %s, it is asked at %s', (host, url) => {
    expect(healthUrl({ host, port: 9090 })).toBe(url)
  })
})
