import { beforeEach, describe, expect, test } from 'bun:test'
import { FakeClock } from '../../../tests/support/fake-clock.ts'
import { NO_CRASH } from '../../src/delivery/crash-points.ts'
import { Lane } from '../../src/delivery/lane.ts'
import { DELIVERY_LIMITS } from '../../src/delivery/limits.ts'
import { OpenRow } from '../../src/delivery/open-row.ts'
import { Outbox } from '../../src/delivery/outbox.ts'
import type { Effect } from '../../src/delivery/steps.ts'
import { GatewayAway, GatewayRefused } from '../../src/gateway/port.ts'
import { KeyRefused, type NewMessage, ServerAway, ServerRefused } from '../../src/server/port.ts'
import { MemoryState } from '../state/memory-state.ts'
import { message as sample } from '../support/samples.ts'

const HOUR_MS = 3_600_000
let clock: FakeClock
let state: MemoryState
let effects: Effect[]
let refused_keys: KeyRefused[]
let mistakes: unknown[]

beforeEach(() => {
  clock = new FakeClock()
  state = new MemoryState(() => clock.now())
  effects = []
  refused_keys = []
  mistakes = []
})

function opened(id = 'e1'): OpenRow {
  const place = { channel_id: 'c', seq: 1, reply_to: 'm1', session: 'agent:main:mc:acme:org:c' }
  const row = state.enqueue('scout', { id, kind: 'message', text: 'hello', ...place })
  return new OpenRow(row!, { state, crash: NO_CRASH, onEffect: (_, effect) => void effects.push(effect) })
}

function laneOf(walk: (open: OpenRow) => Promise<void>, signal = new AbortController().signal): Lane {
  return new Lane(
    {
      clock,
      random: () => 0.5,
      limits: DELIVERY_LIMITS,
      walk: async (open) => await walk(open),
      onEnded: () => undefined,
      onKeyRefused: (error) => void refused_keys.push(error),
      failed: (_, error) => void mistakes.push(error),
    },
    signal,
  )
}

function finish(open: OpenRow): void {
  if (open.row.step === 'received') {
    open.apply({ type: 'submitted', boot_id: 'b', generation: 0 })
    open.apply({ type: 'answered', text: 'done' })
    open.apply({ type: 'posted', parts: 1 })
  }
  open.apply({ type: 'reported' })
}

/** Lets time pass in steps of a minute, until the lane has nothing to do. */
async function run(lane: Lane): Promise<void> {
  let idle = false
  void lane.idle().then(() => {
    idle = true
  })
  for (let minutes = 0; !idle && minutes < 25 * 60; minutes++) await clock.advance(60_000)
  expect(idle).toBe(true)
}

describe('a lane', () => {
  test('B8 works on its rows one after the other, and goes on after a fault that passes', async () => {
    const order: string[] = []
    let faults = 2
    const lane = laneOf(async (open) => {
      order.push(open.row.id)
      if (open.row.id === 'e1' && faults-- > 0) throw new GatewayAway('gone')
      finish(open)
    })
    lane.push(opened('e1'))
    lane.push(opened('e2'))
    await run(lane)
    expect(order).toEqual(['e1', 'e1', 'e1', 'e2'])
    expect(state.counts().unfinished).toBe(0)
  })

  test('B11 says why a row waits from the third try on, and waits as long as the server says', async () => {
    const tried_at: number[] = []
    const lane = laneOf(async (open) => {
      tried_at.push(clock.now())
      if (tried_at.length < 4) throw new ServerAway('busy', 5_000, 'AGENT_LOOP')
      finish(open)
    })
    lane.push(opened())
    await run(lane)
    expect(tried_at.slice(1).every((at, i) => at - tried_at[i]! >= 5_000)).toBe(true)
    expect(effects).toEqual([
      { do: 'report', state: 'queued', detail: expect.stringMatching(/^Waits: agents answered each other/) },
    ])
  })

  test('B11 gives a row up after 24 hours, and says so before it ends', async () => {
    const steps: string[] = []
    const lane = laneOf(async (open) => {
      steps.push(open.row.step)
      if (open.row.step === 'posted') return finish(open)
      throw new GatewayAway('gone')
    })
    const open = opened()
    const began_at = clock.now()
    lane.push(open)
    await run(lane)
    expect(clock.now() - began_at).toBeGreaterThanOrEqual(24 * HOUR_MS)
    expect(open.row).toMatchObject({ step: 'done', failure: expect.stringContaining('24 hours') })
    expect(steps.at(-1)).toBe('posted')
    expect(effects.some((effect) => effect.do === 'gave_up')).toBe(true)
  })

  test('B17 ends a row that is refused for good, with the reason', async () => {
    const lane = laneOf(async (open) => {
      if (open.row.step === 'posted') return finish(open)
      throw new GatewayRefused('agent', { code: 'INVALID_REQUEST', message: 'unknown agent', passing: false })
    })
    const open = opened()
    lane.push(open)
    await run(lane)
    expect(open.row.failure).toContain('unknown agent')
  })

  test('B17 a mistake of the program holds nobody up for ever', async () => {
    const lane = laneOf(async (open) => {
      if (open.row.step === 'posted' || open.row.id === 'e2') return finish(open)
      throw new TypeError('a mistake')
    })
    lane.push(opened('e1'))
    lane.push(opened('e2'))
    await run(lane)
    expect(mistakes).toHaveLength(5)
    expect(state.counts().unfinished).toBe(0)
  })

  test('B79 a refused key leaves its rows for another key', async () => {
    const lane = laneOf(async () => {
      throw new KeyRefused('revoked')
    })
    lane.push(opened())
    await run(lane)
    expect(refused_keys).toHaveLength(1)
    expect(state.counts().unfinished).toBe(1)
  })
})

describe('the outbox', () => {
  const posted: NewMessage[] = []
  beforeEach(() => {
    posted.length = 0
  })

  function outbox(refuse: (message: NewMessage) => Error | undefined = () => undefined): Outbox {
    return new Outbox({
      identity: { org_slug: 'acme', agent: 'scout' },
      async post(_, message) {
        const error = refuse(message)
        if (error) throw error
        posted.push(message)
        return sample({ content: message.content })
      },
      split: (text) => text.split('|').filter((part) => part !== ''),
      onPosted: () => undefined,
      onFailed: () => undefined,
    })
  }

  function answered(answer: string): OpenRow {
    const open = opened()
    open.apply({ type: 'submitted', boot_id: 'b', generation: 0 })
    open.apply({ type: 'answered', text: answer })
    return open
  }

  test('B12 posts parts in order, each with an id of its own; the first one replies', async () => {
    const open = answered('one|two|three')
    await outbox().post(open)
    expect(posted).toEqual([
      { content: 'one', kind: 'text', client_id: 'mc-acme-scout-e1', reply_to: 'm1' },
      { content: 'two', kind: 'text', client_id: 'mc-acme-scout-e1.p2' },
      { content: 'three', kind: 'text', client_id: 'mc-acme-scout-e1.p3' },
    ])
    expect(open.row).toMatchObject({ step: 'posted', parts_posted: 3, answer: null })
  })

  test('B12 goes on with the part after the last one that was posted', async () => {
    const open = answered('one|two|three')
    let away = true
    const box = outbox(({ content }) => (content === 'three' && away ? new ServerAway('gone') : undefined))
    expect(box.post(open)).rejects.toThrow('gone')
    await Bun.sleep(0)
    away = false
    await box.post(open)
    expect(posted.map(({ content }) => content)).toEqual(['one', 'two', 'three'])
  })

  test.each([
    [403, 'FORBIDDEN'],
    [404, 'CHANNEL_NOT_FOUND'],
    [409, 'ORG_READ_ONLY'],
  ])('a refusal %d %s ends the row with the reason', async (status, code) => {
    const open = answered('one')
    await outbox(() => new ServerRefused('POST', status, code, 'no')).post(open)
    expect(open.row).toMatchObject({ step: 'posted', failure: expect.stringContaining(code) })
  })

  test('B17 an answer of an earlier life stands, and one whose question is gone is posted without it', async () => {
    const earlier = answered('one')
    await outbox(() => new ServerRefused('POST', 409, 'IDEMPOTENCY_CONFLICT', 'other text')).post(earlier)
    expect(earlier.row).toMatchObject({ step: 'posted', failure: null })
    const orphan = opened('e2')
    orphan.apply({ type: 'submitted', boot_id: 'b', generation: 0 })
    orphan.apply({ type: 'answered', text: 'two' })
    const box = outbox(({ reply_to }) =>
      reply_to ? new ServerRefused('POST', 404, 'MESSAGE_NOT_FOUND', 'gone') : undefined,
    )
    await box.post(orphan)
    expect(posted).toEqual([{ content: 'two', kind: 'text', client_id: 'mc-acme-scout-e2' }])
  })
})
