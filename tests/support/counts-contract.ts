import assert from 'node:assert/strict'
import type { FailureCounts } from '../../src/auth/back-off.ts'
import type { Buckets } from '../../src/auth/rate-limit.ts'
import type { BackOffLimits } from '../../src/domain/back-off.ts'

/** Token buckets as several nodes see them; one that is alone gives the same ones. */
export interface BucketsUnderTest {
  here: Buckets
  there: Buckets
  /** A key that no other test has. */
  key: string
  /** Lets at least `ms` pass. */
  pass(ms: number): Promise<void>
}

export interface FailuresUnderTest extends Omit<BucketsUnderTest, 'here' | 'there'> {
  make(limits: BackOffLimits): { here: FailureCounts; there: FailureCounts }
}

type Rule<Given> = [title: string, holds: (given: Given) => Promise<void>]

/** So slow that nothing flows in during a test. */
const SLOW = { per_minute: 0.01, burst: 3 }

export const BUCKET_RULES: Rule<BucketsUnderTest>[] = [
  [
    'the burst is let through, and no more, whichever node is asked',
    async ({ here, there, key }) => {
      const taken = [await here.take(key, SLOW), await there.take(key, SLOW), await here.take(key, SLOW)]
      assert.deepEqual(
        taken.map(({ allowed, limit, remaining, retry_after_s }) => [
          allowed,
          limit,
          remaining,
          retry_after_s,
        ]),
        [
          [true, 3, 2, 0],
          [true, 3, 1, 0],
          [true, 3, 0, 0],
        ],
      )
      for (const buckets of [here, there]) {
        const refused = await buckets.take(key, SLOW)
        assert.equal(refused.allowed, false)
        assert.ok(refused.retry_after_s > 5_000 && refused.retry_after_s <= 6_000, `${refused.retry_after_s}`)
        assert.ok(refused.reset_s >= refused.retry_after_s)
      }
    },
  ],
  [
    'a token flows in after its time',
    async ({ here, there, key, pass }) => {
      const rate = { per_minute: 60, burst: 1 }
      await here.take(key, rate)
      await pass(1_050)
      assert.equal((await there.take(key, rate)).allowed, true)
    },
  ],
  [
    'keys have a bucket each, whatever they are',
    async ({ here, there, key }) => {
      const one = { per_minute: 0.01, burst: 1 }
      for (const other of ['', ' ', '\n', '\u{1F600}', 'x'.repeat(5_000)]) {
        assert.equal((await here.take(key + other, one)).allowed, true)
        assert.equal((await there.take(key + other, one)).allowed, false)
      }
    },
  ],
  [
    'calls at once take a token each',
    async ({ here, there, key }) => {
      const rate = { per_minute: 0.01, burst: 10 }
      const asked = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? here : there).take(key, rate))
      const taken = await Promise.all(asked)
      assert.equal(taken.filter(({ allowed }) => allowed).length, 10)
    },
  ],
]

const LIMITS = { free: 2, first_ms: 60_000, max_ms: 240_000, forget_ms: 600_000 }

export const FAILURE_RULES: Rule<FailuresUnderTest>[] = [
  [
    'failures cost nothing at first, then a wait that doubles up to its bound, whichever node is asked',
    async ({ make, key }) => {
      const { here, there } = make(LIMITS)
      const waits: number[] = []
      for (let i = 0; i < 6; i++) {
        await (i % 2 === 0 ? here : there).failed(key)
        waits.push(await here.longestWait([key]))
      }
      assert.deepEqual(
        waits.map((wait) => Math.ceil(wait / 60)),
        [0, 0, 1, 2, 4, 4],
      )
      assert.equal(Math.ceil((await there.longestWait([key])) / 60), 4)
    },
  ],
  [
    'of several keys the longest wait counts, and unknown ones have none',
    async ({ make, key }) => {
      const { here, there } = make(LIMITS)
      for (let i = 0; i < 3; i++) await here.failed(`${key} a`)
      for (let i = 0; i < 4; i++) await here.failed(`${key} b`)
      assert.equal(Math.ceil((await there.longestWait([`${key} c`, `${key} a`, `${key} b`])) / 60), 2)
      assert.equal(await there.longestWait([`${key} c`]), 0)
    },
  ],
  [
    'a wait ends, and a success ends it at once on every node',
    async ({ make, key, pass }) => {
      const { here, there } = make({ ...LIMITS, free: 0, first_ms: 1_000, max_ms: 1_000 })
      await here.failed(key)
      assert.equal(await there.longestWait([key]), 1)
      await pass(1_050)
      assert.equal(await there.longestWait([key]), 0)
      await here.failed(key)
      await there.succeeded(key)
      assert.equal(await here.longestWait([key]), 0)
    },
  ],
  [
    'is forgotten after a time without a failure',
    async ({ make, key, pass }) => {
      const { here, there } = make({ free: 0, first_ms: 60_000, max_ms: 60_000, forget_ms: 1_000 })
      await here.failed(key)
      await pass(1_100)
      assert.equal(await there.longestWait([key]), 0)
    },
  ],
]
