import { describe, test } from 'node:test'
import type { Clock } from '../../../src/actors/runtime/clock.ts'
import { FakeLaneStore } from '../../support/fake-lane-store.ts'
import { laneRules, STORE_RULES, type StoreUnderTest } from '../../support/lane-contract.ts'

/** Timers ring in the next turn of the event loop: back-off costs a test no time. */
const hastyClock: Clock = {
  now: () => 0,
  after: (_delay_ms, fire) => {
    const handle = setTimeout(fire, 0)
    return () => clearTimeout(handle)
  },
}

async function fake(slow: boolean): Promise<StoreUnderTest> {
  const store = new FakeLaneStore()
  store.in_memory = true
  store.slow = slow
  return {
    store,
    org_id: 'org',
    stored: async () => store.rows.map(({ value, sequence }) => ({ value, sequence })),
    doubtNext: (stored) => {
      store.doubt = { stored }
    },
    setAway: (away) => {
      store.away = away
    },
    remove: async () => {
      store.exists = false
    },
    clock: hastyClock,
  }
}

for (const slow of [false, true])
  describe(`A. the contract of a lane's store: the fake${slow ? ', slow' : ''}`, () => {
    for (const [title, holds] of STORE_RULES) test(title, () => holds(() => fake(slow)))
    for (const [title, holds] of laneRules(300)) test(title, () => holds(() => fake(slow)))
  })
