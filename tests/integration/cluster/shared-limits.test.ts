import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { BackOff } from '../../../src/auth/back-off.ts'
import { TokenBuckets } from '../../../src/auth/rate-limit.ts'
import { RedisBus } from '../../../src/cluster/redis-bus.ts'
import { redisOptions } from '../../../src/cluster/redis-url.ts'
import { isFirst, PatientMemory, SharedBackOff, SharedBuckets } from '../../../src/cluster/shared-limits.ts'
import { BUCKET_RULES, FAILURE_RULES } from '../../support/counts-contract.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'

let redis: TestRedis
const buses: RedisBus[] = []
let here: PatientMemory
let there: PatientMemory

/** Never gives up: a slow machine must not make a node count alone. */
async function connect(): Promise<PatientMemory> {
  const bus = new RedisBus({ redis: redisOptions(redis.url), name: 'test', failed: () => undefined })
  await bus.open()
  buses.push(bus)
  return new PatientMemory(bus, Date.now, 60_000)
}

beforeAll(async () => {
  redis = await startRedis()
  here = await connect()
  there = await connect()
})
afterAll(async () => {
  await Promise.all(buses.map((bus) => bus.close()))
  await redis.stop()
})

const fresh = () => ({ key: crypto.randomUUID(), pass: Bun.sleep })
const bucketsOf = (memory: PatientMemory) => new SharedBuckets(memory, new TokenBuckets(Date.now))

describe('the contract of token buckets: Redis', () => {
  for (const [title, holds] of BUCKET_RULES)
    test(title, async () => await holds({ here: bucketsOf(here), there: bucketsOf(there), ...fresh() }))
})

describe('the contract of counts of failures: Redis', () => {
  for (const [title, holds] of FAILURE_RULES)
    test(title, async () => {
      await holds({
        make: (limits) => {
          const of = (memory: PatientMemory) =>
            new SharedBackOff(memory, new BackOff(Date.now, limits), 'test', limits)
          return { here: of(here), there: of(there) }
        },
        ...fresh(),
      })
    })
})

test('D14 one node is the first, and all entries end by themselves and show no key', async () => {
  const { key } = fresh()
  const first = await Promise.all([here, there, here].map((memory) => isFirst(memory, key, 60_000)))
  expect(first.filter(Boolean)).toHaveLength(1)
  await bucketsOf(here).take(key, { per_minute: 0.01, burst: 3 })
  await new SharedBackOff(here, new BackOff(Date.now, LIMITS), 'test', LIMITS).failed(key)
  const names = (await redis.cli('keys', '*')).trim().split('\n')
  expect(names.length).toBeGreaterThan(2)
  for (const name of names) expect(Number(await redis.cli('pttl', name))).toBeGreaterThan(0)
  expect(names.filter((name) => name.includes(key))).toEqual([])
})

const LIMITS = { free: 2, first_ms: 1_000, max_ms: 4_000, forget_ms: 600_000 }
