import { describe, test } from 'bun:test'
import { BackOff } from '../../../src/auth/back-off.ts'
import { TokenBuckets } from '../../../src/auth/rate-limit.ts'
import { BUCKET_RULES, FAILURE_RULES } from '../../support/counts-contract.ts'

/** Redis runs the same suites in tests/integration/cluster/shared-limits.test.ts. */
function time() {
  let now = 1_000_000
  return {
    key: 'key',
    now: () => now,
    async pass(ms: number) {
      now += ms
    },
  }
}

describe('the contract of token buckets: one node', () => {
  for (const [title, holds] of BUCKET_RULES)
    test(title, async () => {
      const { now, ...rest } = time()
      const buckets = new TokenBuckets(now)
      await holds({ here: buckets, there: buckets, ...rest })
    })
})

describe('the contract of counts of failures: one node', () => {
  for (const [title, holds] of FAILURE_RULES)
    test(title, async () => {
      const { now, ...rest } = time()
      await holds({
        make(limits) {
          const counts = new BackOff(now, limits)
          return { here: counts, there: counts }
        },
        ...rest,
      })
    })
})
