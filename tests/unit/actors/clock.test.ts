import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { systemClock, TIMER_MS_MAX } from '../../../src/actors/runtime/clock.ts'
import { CLOCK_RULES, type ClockUnderTest } from '../../support/clock-contract.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const clocks: [string, () => ClockUnderTest][] = [
  [
    'of tests',
    () => {
      const clock = new FakeClock()
      return { clock, pass: (ms) => clock.advance(ms) }
    },
  ],
  [
    'of the system',
    () => ({ clock: systemClock, pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }),
  ],
]

for (const [name, make] of clocks)
  describe(`the contract of a clock: ${name}`, () => {
    for (const [title, holds] of CLOCK_RULES) test(title, () => holds(make()))
  })

test('a deadline beyond the largest delay fires early: it is checked again by whoever set it', async () => {
  const clock = new FakeClock()
  let fired = 0
  clock.after(TIMER_MS_MAX * 2, () => fired++)
  await clock.advance(TIMER_MS_MAX)
  assert.equal(fired, 1)
})
