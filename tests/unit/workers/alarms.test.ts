import { expect, test } from 'bun:test'
import type { NamedInput } from '../../../src/contracts/commands.ts'
import type { Alarm } from '../../../src/domain/alarm.ts'
import { startAlarms } from '../../../src/workers/alarms.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const MINUTE_MS = 60_000
const RETRY_MS = 30_000

/** The table of alarms: what is taken comes again later, until its command removed it. */
class Alarms {
  readonly #clock: FakeClock
  readonly rows = new Map<string, { alarm: Alarm; next_at: number }>()

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  set(target_id: string, delay_ms: number): void {
    const next_at = this.#clock.now() + delay_ms
    const due_at = new Date(next_at).toISOString()
    const alarm = { org_id: 'org', kind: 'sub_agent_timeout' as const, target_id, due_at, payload: {} }
    this.rows.set(target_id, { alarm, next_at })
  }

  async take(): Promise<{ due: Alarm[]; wait_ms: number | null }> {
    const now = this.#clock.now()
    const due = [...this.rows.values()].filter((row) => row.next_at <= now)
    for (const row of due) row.next_at = now + RETRY_MS
    const later = [...this.rows.values()].map((row) => row.next_at - now).filter((wait) => wait > 0)
    return { due: due.map(({ alarm }) => alarm), wait_ms: later.length > 0 ? Math.min(...later) : null }
  }
}

function worker(clock: FakeClock, alarms: Alarms, carryOut: (command: NamedInput) => Promise<void>) {
  return startAlarms({
    clock,
    database: { takeDueAlarms: () => alarms.take() },
    command: (_, command) => carryOut(command),
    failed: () => undefined,
  })
}

test('the timeout of a sub-agent is carried out at its time, and not before', async () => {
  const clock = new FakeClock()
  const alarms = new Alarms(clock)
  const begun = clock.now()
  const carried: [after_ms: number, command: NamedInput][] = []
  const job = worker(clock, alarms, async (command) => {
    carried.push([clock.now() - begun, command])
    alarms.rows.clear()
  })
  alarms.set('sub', 5 * MINUTE_MS)
  await clock.advance(5 * MINUTE_MS - 1)
  expect(carried).toEqual([])
  await clock.advance(1)
  expect(carried).toEqual([[5 * MINUTE_MS, { command: 'sub_agent.expire', input: { id: 'sub' } }]])
  await clock.advance(60 * MINUTE_MS)
  expect(carried).toHaveLength(1)
  await job.stop()
})

test('it is carried out after a start when its time passed meanwhile, and again when that failed', async () => {
  const clock = new FakeClock()
  const alarms = new Alarms(clock)
  const first = worker(clock, alarms, async () => undefined)
  alarms.set('sub', 5 * MINUTE_MS)
  await clock.advance(MINUTE_MS)
  await first.stop()
  await clock.advance(60 * MINUTE_MS)
  let tried = 0
  const second = worker(clock, alarms, async () => {
    if (++tried < 3) throw new Error('away')
    alarms.rows.clear()
  })
  await clock.advance(0)
  expect(tried).toBe(1)
  await clock.advance(RETRY_MS)
  expect(tried).toBe(2)
  await clock.advance(60 * MINUTE_MS)
  expect(tried).toBe(3)
  await second.stop()
})
