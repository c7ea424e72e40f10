import { describe, expect, test } from 'bun:test'
import type { HealthFacts } from '../../src/health/facts.ts'
import { healthReport, readiness } from '../../src/health/report.ts'
import { spanText } from '../../src/health/words.ts'
import { agent, away, facts, NOW } from './samples.ts'

const { state } = facts()

test('B90 when all is well, the report has everything and no reason', () => {
  expect(healthReport(facts())).toEqual({
    status: 'ok',
    reasons: [],
    version: '0.1.0',
    uptime_seconds: 3600,
    agents: [
      {
        name: 'scout',
        org_slug: 'acme',
        status: 'ok',
        stream: { mode: 'stream', since: '2026-11-27T11:59:00.000Z', reason: null },
        last_event_at: '2026-11-27T11:59:55.000Z',
        last_event_age_seconds: 5,
        sessions: 3,
        queue: 2,
        working_turns: 1,
        sub_agents: 0,
        key: 'accepted',
      },
    ],
    gateway: {
      status: 'connected',
      since: '2026-11-27T11:59:30.000Z',
      version: '2026.8.1',
      protocol: 4,
      reason: null,
    },
    server: { reachable: true, since: '2026-11-27T11:59:00.000Z', version: '1.4.0', reason: null },
    state: {
      writable: true,
      full: false,
      moved_aside: null,
      unfinished: 2,
      bytes: 300,
      oldest_unsent_seconds: 42,
    },
  })
})

describe('B90 status and reasons', () => {
  const stopped = { mode: 'stopped', since: NOW, reason: null } as const
  const refused: HealthFacts['gateway'] = {
    status: 'refused',
    since: new Date(NOW),
    reason: 'version',
    message: 'Version 2025.1.1 is too old.',
  }
  const cases: [string, Partial<HealthFacts>, string, string[]][] = [
    [
      'the disk',
      { state: { ...state, writable: false } },
      'failing',
      ['The state file is not writable, so no events are taken.'],
    ],
    [
      'the gateway refuses',
      { gateway: refused },
      'failing',
      ['The gateway refuses the bridge: Version 2025.1.1 is too old.'],
    ],
    [
      'every agent is stopped',
      { agents: [agent({ stream: stopped, key: 'refused' })] },
      'failing',
      ['No agent is listened for.', 'Mission Control refuses the key of agent scout.'],
    ],
    [
      'one agent of two is stopped',
      { agents: [agent(), agent({ name: 'pilot', stream: stopped, key: 'missing' })] },
      'degraded',
      ['The key of agent pilot was not found.'],
    ],
    [
      'another bridge',
      { agents: [agent(), agent({ name: 'pilot', stream: stopped, other_bridge: true })] },
      'degraded',
      ['Another bridge listens for agent pilot.'],
    ],
    [
      'the gateway is away',
      away(NOW - 1_000),
      'degraded',
      ['The gateway is away since 2026-11-27T11:59:59.000Z (connection refused).'],
    ],
    [
      'the gateway is not there yet',
      { gateway: { status: 'connecting', since: new Date(NOW) } },
      'degraded',
      ['The gateway is being connected to.'],
    ],
    [
      'the server is away',
      { server: { reachable: false, since: NOW - 1_000, version: null, reason: '503' } },
      'degraded',
      ['Mission Control is not reachable since 2026-11-27T11:59:59.000Z (503).'],
    ],
    [
      'too much waits',
      { state: { ...state, full: true } },
      'degraded',
      ['Too much work waits, so no new messages are taken.'],
    ],
    [
      'a damaged file',
      { state: { ...state, moved_aside: '/var/lib/x.db.damaged-1' } },
      'degraded',
      ['The state file was damaged; a new one was begun and the old one is /var/lib/x.db.damaged-1.'],
    ],
    [
      'polling',
      { agents: [agent({ stream: { mode: 'polling', since: NOW - 600_000, reason: 'cut' } })] },
      'degraded',
      ['Agent scout has no event stream for 10 minutes and asks for events instead.'],
    ],
    [
      'connecting',
      { agents: [agent({ stream: { mode: 'connecting', since: NOW - 3_000, reason: 'refused' } })] },
      'degraded',
      ['Agent scout has no event stream for 3 seconds (refused).'],
    ],
  ]
  test.each(cases)('%s', (_, change, status, reasons) => {
    const report = healthReport(facts(change))
    expect([report.status as string, report.reasons]).toEqual([status, reasons])
  })

  test('several troubles are all told, the worst first', () => {
    const report = healthReport(
      facts({ ...away(NOW), state: { ...state, writable: false, full: true, oldest_at: null } }),
    )
    expect([report.status, report.reasons.length]).toEqual(['failing', 3])
    expect(report.reasons[0]).toContain('not writable')
    expect(report.state.oldest_unsent_seconds).toBeNull()
  })

  test('an agent says how it is by itself', () => {
    const agents = [
      agent(),
      agent({ stream: stopped }),
      agent({ key: 'refused' }),
      agent({ last_event_at: null }),
    ]
    const reports = healthReport(facts({ agents })).agents
    expect(reports.map(({ status }) => status)).toEqual(['ok', 'stopped', 'degraded', 'ok'])
    expect(reports[3]).toMatchObject({ last_event_at: null, last_event_age_seconds: null })
  })

  test('a clock that went back makes no negative ages', () => {
    const report = healthReport(facts({ now: NOW - 7_200_000 }))
    expect([report.uptime_seconds, report.agents[0]?.last_event_age_seconds]).toEqual([0, 0])
  })
})

test('ready means that events are taken and can be worked on', () => {
  expect(readiness(facts())).toEqual({ ready: true, waits_for: [] })
  const connecting = agent({ stream: { mode: 'connecting', since: NOW, reason: null } })
  expect(
    readiness(facts({ ...away(NOW), agents: [connecting], state: { ...state, writable: false } })),
  ).toEqual({
    ready: false,
    waits_for: ['a writable state file', 'the gateway', 'the first event stream'],
  })
  expect(readiness(facts({ agents: [connecting, agent()] })).ready).toBe(true)
})

test('spans are told in words', () => {
  const spans = [-5, 0, 1_000, 59_999, 60_000, 119_999, 3_600_000, 12_000_000].map(spanText)
  expect(spans).toEqual([
    '0 seconds',
    '0 seconds',
    '1 second',
    '59 seconds',
    '1 minute',
    '1 minute',
    '1 h',
    '3 h 20 min',
  ])
})
