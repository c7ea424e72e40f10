import { expect, test } from 'bun:test'
import { BackOff } from '../../../src/auth/back-off.ts'
import { TokenBuckets } from '../../../src/auth/rate-limit.ts'
import {
  isFirst,
  PatientMemory,
  SharedBackOff,
  SharedBuckets,
  type SharedMemory,
} from '../../../src/cluster/shared-limits.ts'

const RATE = { per_minute: 0.01, burst: 2 }
const LIMITS = { free: 0, first_ms: 60_000, max_ms: 60_000, forget_ms: 600_000 }

/** Shared memory that never answers, or says that it is away. */
function silent(how: 'hangs' | 'away' | 'rejects') {
  const time = { now: 1_000_000 }
  let asked = 0
  const memory: SharedMemory = {
    up: how !== 'away',
    command: () => {
      asked++
      return how === 'rejects' ? Promise.reject(new Error('away')) : new Promise<never>(() => undefined)
    },
  }
  return { time, asked: () => asked, patient: new PatientMemory(memory, () => time.now) }
}

for (const how of ['hangs', 'away', 'rejects'] as const)
  test(`D13 a node counts alone while shared memory ${how}, from what it has seen, and asks seldom`, async () => {
    const { time, asked, patient } = silent(how)
    const buckets = new SharedBuckets(patient, new TokenBuckets(() => time.now))
    const failures = new SharedBackOff(patient, new BackOff(() => time.now, LIMITS), 'test', LIMITS)
    const taken = [
      await buckets.take('a', RATE),
      await buckets.take('a', RATE),
      await buckets.take('a', RATE),
    ]
    expect(taken.map(({ allowed }) => allowed)).toEqual([true, true, false])
    await failures.failed('a')
    expect(await failures.longestWait(['a'])).toBe(60)
    await failures.succeeded('a')
    expect(await failures.longestWait(['a'])).toBe(0)
    expect(await isFirst(patient, 'a', 1_000)).toBe(true)
    expect(asked()).toBe(how === 'away' ? 0 : 1)
    time.now += 1_000
    await failures.failed('b')
    expect(asked()).toBe(how === 'away' ? 0 : 2)
  })
