import { beforeEach, expect, test } from 'bun:test'
import { FakeClock } from '../../../tests/support/fake-clock.ts'
import { NO_CRASH } from '../../src/delivery/crash-points.ts'
import { Lane } from '../../src/delivery/lane.ts'
import { DELIVERY_LIMITS } from '../../src/delivery/limits.ts'
import { OpenRow } from '../../src/delivery/open-row.ts'
import type { Effect } from '../../src/delivery/steps.ts'
import { ServerAway } from '../../src/server/port.ts'
import type { State } from '../../src/state/port.ts'
import { MemoryState } from '../state/memory-state.ts'

const BRAKE = new ServerAway('POST messages: refused', 600_000, 'AGENT_LOOP')

let state: State
let clock: FakeClock
let effects: Effect[]

beforeEach(() => {
  clock = new FakeClock()
  state = new MemoryState(() => clock.now())
  effects = []
})

/** A lane with one answer that is to be posted. */
function made(walk: (open: OpenRow) => Promise<void>): Lane {
  const over = new AbortController()
  const unexpected = (what: string) => () => {
    throw new Error(`unexpected: ${what}`)
  }
  const lane = new Lane(
    {
      clock,
      random: () => 0.5,
      limits: DELIVERY_LIMITS,
      walk,
      onEnded: unexpected('end'),
      onKeyRefused: unexpected('refused key'),
      failed: unexpected('failure'),
    },
    over.signal,
  )
  const place = { channel_id: 'general', session: 's', reply_to: null }
  const row = state.receive('scout', '1', { ...place, id: 'e1', kind: 'message', seq: 7, text: 'question' })
  if (!row) throw new Error('The row was not stored')
  const open = new OpenRow(row, { state, crash: NO_CRASH, onEffect: (_, effect) => effects.push(effect) })
  open.apply({ type: 'submitted', boot_id: 'b', generation: 0 })
  open.apply({ type: 'answered', text: 'answer' })
  lane.push(open)
  return lane
}

function done(open: OpenRow): void {
  open.apply({ type: 'posted', parts: 1 })
  open.apply({ type: 'reported' })
}

test('an answer that has to wait long says why at once', async () => {
  made(() => Promise.reject(BRAKE))
  await clock.advance(0)
  expect(effects).toEqual([
    {
      do: 'report',
      state: 'working',
      detail: 'Waits: agents answered each other for too long; a person has to write, or the pause to end',
    },
  ])
})

test('a call to wake up ends the wait, also when it comes before the wait has begun', async () => {
  for (const early of [false, true]) {
    let tries = 0
    const refused = Promise.withResolvers<void>()
    const lane = made(async (open) => {
      if (++tries === 1) return await refused.promise
      done(open)
    })
    await clock.advance(0)
    if (early) lane.wake()
    refused.reject(BRAKE)
    await clock.advance(0)
    if (!early) lane.wake()
    await clock.advance(0)
    expect([early, tries, lane.depth]).toEqual([early, 2, 0])
    state = new MemoryState(() => clock.now())
  }
})
