import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  ALARM_KINDS,
  type Alarms,
  AWAY_ALARM_MS,
  activeAlarms,
  NO_ALARMS,
  STEADY_MS,
  watch,
} from '../../src/health/alarms.ts'
import type { HealthFacts } from '../../src/health/facts.ts'
import { agent, away, facts, NOW } from './samples.ts'

/** Looks at facts one after the other and keeps what was said. */
function watcher() {
  let alarms: Alarms = NO_ALARMS
  const look = (at_ms: number, change: Partial<HealthFacts> = {}) => {
    const result = watch(alarms, facts({ now: NOW + at_ms, ...change }))
    alarms = result.alarms
    return [
      ...result.raised.map((alarm) => `+${alarm.kind} ${alarm.agent ?? 'all'}`),
      ...result.ended.map((alarm) => `-${alarm.kind} ${alarm.agent ?? 'all'}`),
    ]
  }
  return { look, active: () => activeAlarms(alarms) }
}

const { state } = facts()

describe('the gateway', () => {
  test('B94 is away for two minutes before anybody is told, once', () => {
    const { look, active } = watcher()
    expect(look(0, away(NOW))).toEqual([])
    expect(look(AWAY_ALARM_MS - 1, away(NOW))).toEqual([])
    expect(look(AWAY_ALARM_MS, away(NOW))).toEqual(['+gateway_away all'])
    expect(look(AWAY_ALARM_MS + 1, away(NOW))).toEqual([])
    expect(active().gateway_away).toBe(1)
    expect(look(200_000)).toEqual([])
    expect(look(200_000 + STEADY_MS)).toEqual(['-gateway_away all'])
    expect(look(300_000)).toEqual([])
    expect(Object.values(active())).toEqual(ALARM_KINDS.map(() => 0))
  })

  test('attempts to connect do not begin the two minutes anew', () => {
    const { look } = watcher()
    look(0, away(NOW))
    look(60_000, { gateway: { status: 'connecting', since: new Date(NOW + 60_000) } })
    expect(look(AWAY_ALARM_MS, away(NOW + 61_000))).toEqual(['+gateway_away all'])
  })

  test('B94 a connection that comes and goes is one alarm', () => {
    const { look } = watcher()
    const said = []
    for (let at = 0; at < 600_000; at += 5_000) said.push(...look(at, at % 10_000 === 0 ? away(NOW) : {}))
    expect(said).toEqual(['+gateway_away all'])
  })

  test('a short absence is none', () => {
    const { look } = watcher()
    look(0, away(NOW))
    expect(look(60_000)).toEqual([])
    expect(look(60_000 + STEADY_MS)).toEqual([])
    expect(look(AWAY_ALARM_MS + 60_000, away(NOW))).toEqual([])
  })

  test('B95 a refusal is told at once', () => {
    const { look } = watcher()
    const gateway = {
      status: 'refused',
      since: new Date(NOW),
      reason: 'pairing_required',
      message: 'Approve the device.',
    } as const
    expect(look(0, { gateway })).toEqual(['+gateway_refused all'])
    expect(look(1)).toEqual(['-gateway_refused all'])
  })
})

test('B94 the server is away for two minutes', () => {
  const { look } = watcher()
  const server = { reachable: false, since: NOW, version: null, reason: 'timeout' }
  expect(look(0, { server })).toEqual([])
  expect(look(AWAY_ALARM_MS, { server })).toEqual(['+server_away all'])
  look(AWAY_ALARM_MS + 1)
  expect(look(AWAY_ALARM_MS + 1 + STEADY_MS)).toEqual(['-server_away all'])
})

test('B95 a full queue and a disk are told at once', () => {
  const { look } = watcher()
  expect(look(0, { state: { ...state, full: true } })).toEqual(['+queue_full all'])
  expect(look(1, { state: { ...state, writable: false } })).toEqual([
    '+state_unwritable all',
    '-queue_full all',
  ])
  look(2)
  expect(look(2 + STEADY_MS)).toEqual(['-state_unwritable all'])
})

test('agents have alarms of their own', () => {
  const { look, active } = watcher()
  const agents = [agent({ key: 'refused' }), agent({ name: 'pilot', other_bridge: true, key: 'missing' })]
  expect(look(0, { agents })).toEqual(['+key_refused scout', '+key_refused pilot', '+other_bridge pilot'])
  expect(active()).toMatchObject({ key_refused: 2, other_bridge: 1 })
  expect(look(1, { agents: [agent(), agent({ name: 'pilot', key: 'missing' })] })).toEqual([
    '-key_refused scout',
    '-other_bridge pilot',
  ])
  // An agent that left the configuration leaves no alarm behind.
  expect(look(2, { agents: [agent()] })).toEqual(['-key_refused pilot'])
})

test('B53 polling is told once', () => {
  const { look } = watcher()
  const agents = [agent({ stream: { mode: 'polling', since: NOW, reason: 'no heartbeat' } })]
  expect(look(0, { agents })).toEqual(['+polling scout'])
  expect(look(60_000, { agents })).toEqual([])
  look(70_000)
  expect(look(70_000 + STEADY_MS)).toEqual(['-polling scout'])
})

test('the words say what is wrong and what follows', () => {
  const said = (change: Partial<HealthFacts>) => {
    const before = watch(NO_ALARMS, facts(change)).alarms
    const later = { now: NOW + AWAY_ALARM_MS }
    const first =
      watch(NO_ALARMS, facts(change)).raised[0] ?? watch(before, facts({ ...change, ...later })).raised[0]
    return first?.text
  }
  expect(said(away(NOW))).toBe(
    'The OpenClaw Gateway has been away for 2 minutes (connection refused). 2 messages wait and are worked on when it is back.',
  )
  expect(said({ ...away(NOW), state: { ...state, unfinished: 1 } })).toContain(
    '1 message waits and is worked on',
  )
  expect(said({ ...away(NOW), state: { ...state, unfinished: 0 } })).toContain(
    'New messages wait until it is back.',
  )
  expect(said({ state: { ...state, full: true, unfinished: 10_000, bytes: 1 } })).toBe(
    '10000 messages (1 MiB) wait for agents, which is the limit. New ones stay on the server until some of these are answered.',
  )
  expect(said({ agents: [agent({ key: 'refused' })] })).toBe(
    'The key of agent scout is not valid any more, so this agent is stopped. Give it a new key; a restart is not needed.',
  )
  expect(said({ agents: [agent({ key: 'missing' })] })).toContain('was not found')
  expect(said({ agents: [agent({ other_bridge: true })] })).toContain(
    'Another bridge listens for agent scout',
  )
})

test('whatever happens, each alarm is raised and ended in turn, and none is left at the end', () => {
  const moment = fc.record({
    pause_ms: fc.constantFrom(1_000, 20_000, 130_000),
    away: fc.boolean(),
    server: fc.boolean(),
    full: fc.boolean(),
    writable: fc.boolean(),
    key: fc.constantFrom('accepted', 'refused', 'missing'),
    other: fc.boolean(),
    mode: fc.constantFrom('stream', 'polling', 'stopped'),
  })
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 30 }), (moments) => {
      const { look, active } = watcher()
      const raised = new Set<string>()
      const check = (said: string[]) => {
        for (const line of said) {
          const name = line.slice(1)
          expect([line, raised.has(name)]).toEqual([line, line.startsWith('-')])
          if (line.startsWith('+')) raised.add(name)
          else raised.delete(name)
        }
        expect(Object.values(active()).reduce((sum, n) => sum + n, 0)).toBe(raised.size)
      }
      let at = 0
      for (const one of moments) {
        at += one.pause_ms
        const stream = { mode: one.mode, since: NOW, reason: null }
        check(
          look(at, {
            ...(one.away ? away(NOW) : {}),
            server: { reachable: one.server, since: NOW, version: null, reason: null },
            state: { ...state, full: one.full, writable: one.writable },
            agents: [agent({ key: one.key, other_bridge: one.other, stream })],
          }),
        )
      }
      check(look(at + 1))
      check(look(at + 1 + STEADY_MS))
      expect([...raised]).toEqual([])
    }),
  )
})
