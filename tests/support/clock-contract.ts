import assert from 'node:assert/strict'
import { type Clock, TIMER_MS_MAX } from '../../src/actors/runtime/clock.ts'

/** A clock under test, and a way to let its time pass. */
export interface ClockUnderTest {
  clock: Clock
  /** Lets at least `ms` pass; returns after the timers that are due by then. */
  pass(ms: number): Promise<void>
}

type Rule = [title: string, holds: (given: ClockUnderTest) => Promise<void>]

/** Timers of a system fire up to a millisecond early, as `now` tells. */
const EARLY_MS = 1

/** The promises of timers: of the server's clock, and of the app's. */
export const TIMER_RULES: Rule[] = [
  [
    'time goes on, and a timer fires once, not before its delay and not in the call that sets it',
    async ({ clock, pass }) => {
      const fired_at: number[] = []
      const set_at = clock.now()
      clock.after(20, () => fired_at.push(clock.now()))
      assert.deepEqual(fired_at, [])
      await pass(60)
      assert.equal(fired_at.length, 1)
      assert.ok((fired_at[0] ?? 0) >= set_at + 20 - EARLY_MS)
      assert.ok(clock.now() >= set_at + 60 - EARLY_MS)
    },
  ],
  [
    'a delay of zero, a negative one and NaN end in a later turn, not in a microtask',
    async ({ clock, pass }) => {
      const log: string[] = []
      for (const delay_ms of [0, -5, Number.NaN]) clock.after(delay_ms, () => log.push(String(delay_ms)))
      for (let i = 0; i < 50; i++) await Promise.resolve()
      assert.deepEqual(log, [])
      await pass(10)
      assert.deepEqual(log.toSorted(), ['-5', '0', 'NaN'])
    },
  ],
  [
    'timers fire in the order of their times, equal ones in the order in which they were set',
    async ({ clock, pass }) => {
      const log: string[] = []
      for (const [delay_ms, name] of [
        [80, 'd'],
        [20, 'a'],
        [50, 'c'],
        [20, 'b'],
      ] as const)
        clock.after(delay_ms, () => log.push(name))
      await pass(120)
      assert.deepEqual(log, ['a', 'b', 'c', 'd'])
    },
  ],
  [
    'promises settle before a timer fires: those of before, and those that the last timer resolved',
    async ({ clock, pass }) => {
      const log: string[] = []
      void Promise.resolve().then(() => log.push('before'))
      clock.after(10, () => {
        log.push('a')
        void Promise.resolve()
          .then(() => Promise.resolve())
          .then(() => log.push('a settled'))
      })
      clock.after(10, () => log.push('b'))
      await pass(40)
      assert.deepEqual(log, ['before', 'a', 'a settled', 'b'])
    },
  ],
  [
    'a cancelled timer does not fire, also one that is due already; a second cancel has no effect',
    async ({ clock, pass }) => {
      const log: string[] = []
      const cancel = clock.after(10, () => log.push('cancelled'))
      cancel()
      cancel()
      let cancelDue = () => {}
      clock.after(10, () => {
        log.push('first')
        cancelDue()
      })
      cancelDue = clock.after(10, () => log.push('cancelled by the first'))
      const cancelFired = clock.after(10, () => log.push('fired'))
      await pass(40)
      cancelFired()
      assert.deepEqual(log, ['first', 'fired'])
    },
  ],
  [
    'a timer may set another one',
    async ({ clock, pass }) => {
      const log: string[] = []
      clock.after(5, () => clock.after(5, () => clock.after(0, () => log.push('third'))))
      await pass(60)
      // Each of them is as late as the machine is slow.
      for (let i = 0; i < 100 && log.length === 0; i++) await pass(60)
      assert.deepEqual(log, ['third'])
    },
  ],
]

export const CLOCK_RULES: Rule[] = [
  ...TIMER_RULES,
  [
    'a delay beyond the largest of a timer does not fire at once',
    async ({ clock, pass }) => {
      const cancels = [TIMER_MS_MAX * 2, 2 ** 40, Number.POSITIVE_INFINITY].map((delay_ms) =>
        clock.after(delay_ms, () => assert.fail('it fired')),
      )
      await pass(20)
      for (const cancel of cancels) cancel()
    },
  ],
]
